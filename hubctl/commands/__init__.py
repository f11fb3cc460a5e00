"""One module per command: `arguments(parser)` declares its options, `EXAMPLES` ends its help, and
`run(arguments)` acts and returns the exit status."""
