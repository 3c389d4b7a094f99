-- Ends the requests that wait for a server which no longer answers at all.
--
-- Its kernel, or the network, still holds their connections, so they would wait for `timeout server`. A server that
-- answers its check with 503 is down too, but is there: its answers under way are left to end. `on-marked-down
-- shutdown-sessions` makes no such difference, and cuts at every `state maint`, which is how traffic leaves a slot.
-- docs/decisions/0005; status words: HAProxy's management guide, 9.1, field check_status.
local POLL_MILLISECONDS = 100
local SILENT = { L4TOUT = true, L6TOUT = true, L7TOUT = true }

local function is_silent(seen)
  local word = string.match(seen.check_status or "", "%w+") -- "* L7TOUT" while the next check runs
  return string.sub(seen.status, 1, 4) == "DOWN" and SILENT[word]
end

local function cut_silent(backend)
  for _, server in pairs(backend.servers) do
    local seen = server:get_stats()
    if is_silent(seen) and seen.scur > 0 then
      server:shut_sess()
    end
  end
end

core.register_task(function()
  while true do
    for name, backend in pairs(core.backends) do
      if string.sub(name, 1, 8) == "rollway_" then
        cut_silent(backend)
      end
    end
    core.msleep(POLL_MILLISECONDS)
  end
end)
