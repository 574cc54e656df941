"""What Python code and notebooks call: the commands as functions, exported by `nb2ops` itself.

A run is started in a process of its own, as the sidebar does it: the kernel that asked for it stays free, and may end.
"""
