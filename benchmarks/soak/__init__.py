"""Ten thousand triggers at three providers that misbehave, and the account of every run at the end: `make soak`.

The sandbox runs in a process of its own and is the only source of truth: its list of accepted triggers is what a
provider would send a bill for. Both clients trigger and wait at the same time; strangers trigger some of the same
targets, and at Firecrawl a schedule does. Every send of ours carries the client's own id of its trigger, so that each
accepted run has an owner. Both sides' clocks run `--speed` times faster than the wall, and not together.

- paid twice: triggers of ours for which more than one run was accepted;
- lost: runs of ours that were accepted, are not what their trigger gave, and are no candidate that its error names;
- someone else's: runs that a trigger gave and that it did not start;
- can't be told: the same, where somebody else triggers the target at the same time, nothing that the provider shows
  tells the runs apart, and the caller did not say `on_lost="raise"`. Half of the triggers of such targets say so;
- after the last look: runs of ours that the server began so late that no look could find them (a trigger is looked for
  until 30 s after it failed). On a machine that has nothing else to do there is none; the clocks run so fast that a
  process that is kept waiting for a second is a provider that sleeps for most of a minute.

The exit code is 1 if any of the first three is not 0, if a run that was waited for did not end, or if a trigger is
unaccounted for.
"""
