"""An open-loop load of real requests that notices every lost one. It never retries."""
