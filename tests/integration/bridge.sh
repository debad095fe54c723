#!/usr/bin/env bash
# End to end with the gateway as a bridge port; a game server on the gateway's host is reachable too.
# rows: P3 S3
exec "$(dirname "$0")/room.sh" "$1" --bridge
