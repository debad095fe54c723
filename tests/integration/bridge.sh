#!/usr/bin/env bash
# The whole way with the gateway as a port of a bridge; a game on its own box is reached too.
# rows: P3 S3
exec "$(dirname "$0")/room.sh" "$1" --bridge
