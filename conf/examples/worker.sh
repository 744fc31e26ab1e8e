#!/bin/sh
# One worker of several that share the work on a stream, and lose nothing when one of them dies: a consumer group.
# Each event is handed to the command as the environment variables EVENT_ID, EVENT_TYPE, EVENT_SUBJECT and EVENT_DATA (JSON); the
# event is acknowledged when the command succeeds, and comes again, to this worker or another, when it does not.
# An event can come twice (the worker dies after the command and before the acknowledgement): EVENT_ID is the same then.
#
#     REDIS="redis-cli -u redis://127.0.0.1:6379/0" ./worker.sh booking mailer worker-1 ./handle-booking.sh
#
# Needs redis-cli and jq. ROUNDS=N ends after N looks; without it the worker runs on.
set -eu
REDIS=${REDIS:-redis-cli}
entity=${1:?an entity, as booking} group=${2:?a group} worker=${3:?the name of this worker} handler=${4:?a command}
stream="cdc:events:{$entity}"
idle_ms=${IDLE_MS:-60000} # what another worker has had for so long is taken over
rounds=${ROUNDS:-}

$REDIS XGROUP CREATE "$stream" "$group" "${START:-$}" MKSTREAM >/dev/null 2>&1 || true # it may exist

# Lines of "entry-id JSON" from the entries of a reply: each is [id, [name, value, …]].
# shellcheck disable=SC2016  # jq's variables
entries='.[]? | select(.[1] != null) | .[0] + " " + (.[1] | [range(0; length; 2) as $i | {(.[$i]): .[$i + 1]}] | add | tojson)'

handle() {
    while read -r entry event; do
        attribute() { printf '%s' "$event" | jq -r "$1 // \"\""; }
        if EVENT_ID=$(attribute .id) EVENT_TYPE=$(attribute .type) EVENT_SUBJECT=$(attribute .subject) \
            EVENT_DATA=$(attribute .data) "$handler" </dev/null; then
            $REDIS XACK "$stream" "$group" "$entry" >/dev/null
        fi
    done
}

# A reply, or none and a pause when Redis does not answer.
ask() {
    $REDIS -e -3 --json "$@" || sleep 1
}

while [ "${rounds:-1}" -gt 0 ]; do
    # First what somebody has left lying, then what is new.
    ask XAUTOCLAIM "$stream" "$group" "$worker" "$idle_ms" 0 COUNT 100 | jq -r ".[1] | $entries" | handle
    ask XREADGROUP GROUP "$group" "$worker" COUNT 100 BLOCK "${BLOCK_MS:-5000}" STREAMS "$stream" '>' |
        jq -r "(if type == \"object\" then .[\"$stream\"] else null end) // [] | $entries" | handle
    [ -z "$rounds" ] || rounds=$((rounds - 1))
done
