#!/bin/sh
# A mailer asks before it sends "you have not booked yet": exit status 0 means send, 1 means do not; the reason is printed.
# Whoever cannot get an answer does not send.
#
#     REDIS="redis-cli -u redis://127.0.0.1:6379/0" ./marketing-guard.sh mailer:77 screening-12 && send-the-mail
#
# Needs redis-cli and jq.
set -eu
REDIS="${REDIS:-redis-cli} -e" # -e: an error is an exit status
customer=${1:?a customer reference, as mailer:77} service=${2:?a service, as screening-12}

no() {
    echo "do not send: $*"
    exit 1
}

links="cdc:links:{customer}:$customer"
consent=$($REDIS FCALL_RO tributary_consent 1 "$links" marketing email) || no "Redis does not answer"
[ "$consent" = granted ] || no "consent to marketing e-mail is: $consent"

# The customer may have booked under another system's number: the answer follows the links.
answer=$($REDIS FCALL_RO tributary_customer 1 "$links" 0) || no "Redis does not answer"
booked=$(printf '%s' "$answer" | jq -r --arg service "$service" '
    [.states.booking // {} | to_entries[]
     | select(.value.service_id == $service and .value.reservation_status != "cancelled") | .key][0] // ""') ||
    no "the answer cannot be read"
[ -z "$booked" ] || no "booked already: $booked"

# What is not going to take place needs no reminder.
status=$($REDIS HGET "cdc:state:{service}:$service" service_status) || no "Redis does not answer"
[ "$status" != cancelled ] || no "$service is cancelled"
echo "send"
