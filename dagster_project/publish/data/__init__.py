"""Tables and files of a release: every mart as a file, what has changed, what was published when."""
