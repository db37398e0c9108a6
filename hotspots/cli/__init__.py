"""Every verb of the command line: options in, sentences and tables out."""
