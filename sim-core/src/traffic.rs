//! Traffic: arrival laws, rate shapes, trace cursors, schedules, closed-loop users.
