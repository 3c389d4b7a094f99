-- Watches the checks of Rollway's servers, ten times a second: what silence means depends on who else is silent.
--
-- One server that no longer answers at all is lost, and the requests that wait for it are ended: its kernel, or the
-- network, still holds their connections, so they would wait for `timeout server`. A server that answers its check
-- with 503 is down too, but is there: its answers under way are left to end. `on-marked-down shutdown-sessions` makes
-- no such difference, and cuts at every `state maint`, which is how traffic leaves a slot. docs/decisions/0005
--
-- Where no server answers, the reason is one that they share, this machine's load above all. Nobody else could take
-- the requests: servers stay up and requests wait, for ten seconds. docs/decisions/0010
--
-- Status words: HAProxy's management guide, 9.1, fields status and check_status.
local POLL_MILLISECONDS = 100
local PATIENCE_SECONDS = 10
local BLIP_SECONDS = 0.3 -- after one late check the next one is through by then
local LONG_CHECK_LOOKS = 3
local SILENT = { L4TOUT = true, L6TOUT = true, L7TOUT = true }
local PASSED = { L4OK = true, L6OK = true, L7OK = true }

-- by name of backend and server
local silent_since = {} -- when its checks began to time out
local looks_in_check = {} -- how often in a row a check was seen under way
local failed_before = {} -- its failed checks when it was not up for the last time

local function look(name, server, now)
  local stats = server:get_stats()
  local word = string.match(stats.check_status or "", "%w+") -- "* L7TOUT" while the next check runs
  local is_in_check = string.sub(stats.check_status or "", 1, 1) == "*"
  local is_up = string.sub(stats.status, 1, 2) == "UP"
  local is_weakened = string.sub(stats.status, 1, 3) == "UP " -- "UP 1/2": the next failure takes it out
  looks_in_check[name] = is_in_check and (looks_in_check[name] or 0) + 1 or 0
  silent_since[name] = SILENT[word] and (silent_since[name] or now) or nil
  if not is_up then
    failed_before[name] = stats.chkfail
  end
  local silence = silent_since[name] and now - silent_since[name] or 0
  return {
    server = server,
    sessions = stats.scur,
    is_down = string.sub(stats.status, 1, 4) == "DOWN",
    is_weakened = is_weakened,
    -- The word of its last check may be older than its coming in.
    is_new = is_weakened and (stats.chkfail or 0) == (failed_before[name] or 0),
    is_silent = SILENT[word],
    is_given_up = silence > PATIENCE_SECONDS,
    answers = is_up and stats.weight > 0 and (PASSED[word] or SILENT[word] and silence < BLIP_SECONDS),
    answers_now = is_up and stats.weight > 0 and PASSED[word] and looks_in_check[name] < LONG_CHECK_LOOKS,
  }
end

local function watch(backend, now)
  local seen, has_answer, has_answer_now = {}, false, false
  for name, server in pairs(backend.servers) do
    local one = look(backend.name .. "/" .. name, server, now)
    seen[#seen + 1] = one
    has_answer = has_answer or one.answers
    has_answer_now = has_answer_now or one.answers_now
  end
  for _, one in ipairs(seen) do
    local is_excused = one.is_weakened and one.is_silent and not has_answer and not one.is_given_up
    -- One that has just come in has half of its health: it may be late once, as any other.
    if one.is_new or is_excused then
      one.server:check_force_up()
    elseif one.is_down and one.is_silent and one.sessions > 0 and (has_answer_now or one.is_given_up) then
      one.server:shut_sess()
    end
  end
end

core.register_task(function()
  while true do
    local time = core.now()
    local now = time.sec + time.usec / 1e6
    for name, backend in pairs(core.backends) do
      if string.sub(name, 1, 8) == "rollway_" then
        watch(backend, now)
      end
    end
    core.msleep(POLL_MILLISECONDS)
  end
end)
