#compdef PROGRAM
# zsh completion: the options are those that --help shows.
_gnu_generic
