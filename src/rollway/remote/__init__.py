"""What runs on or towards other machines: playbooks and interactive sessions."""
