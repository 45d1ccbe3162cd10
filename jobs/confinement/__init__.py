"""Commands that see no more of this machine than they are shown; used by rehearsals and by the local engine.

command.py  what a command sees, and the way to see to it: bubblewrap, else by_hand.py
view.py     what every Spark here needs to see
"""
