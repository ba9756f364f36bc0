"""Redis: timers, locks and caches. It sheds load and reminds; it never decides who owns what."""
