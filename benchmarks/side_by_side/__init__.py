"""omnirun measured against what its users would otherwise use, in one run on one machine.

Rules. Everything that is compared is measured in the same round, in turns, and only the ratio of the two is a result;
its median over the rounds is recorded with its quartiles. The server is a process of its own and sends bytes made
beforehand, so that the client is what is measured. Peers are pinned in `requirements.txt` and called as their own
documentation says. What is simulated is the wait: time is virtual, the code that polls is the peers' and ours.
"""
