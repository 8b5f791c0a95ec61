"""The command line: one module a command, imported cheaply; heavy parts load when a command runs."""
