"""The service centre's core. Rooms by subject; arrows point down: app > conduct > routing, roster > calls > agents, customers
> web > asterisk, storage. `import-linter` checks them in `make check`."""
