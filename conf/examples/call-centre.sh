#!/bin/sh
# What an agent of the call centre sees while the customer is on the phone: one screen from all systems.
#
#     REDIS="redis-cli -u redis://127.0.0.1:6379/0" ./call-centre.sh crm:C-17
#
# Needs redis-cli and jq. (`tributary customer crm:C-17` shows the same without either.)
set -eu
REDIS=${REDIS:-redis-cli}
customer=${1:?a customer reference, as crm:C-17}

# -e: an error of Redis ends the script, too.
answer=$($REDIS -e FCALL_RO tributary_customer 1 "cdc:links:{customer}:$customer" 20) || exit 1
printf '%s' "$answer" | jq -r '
    "CUSTOMER   " + (.references | join(", ")),
    (.states | to_entries[] | .key as $entity | .value | to_entries[]
     | "\n\($entity | ascii_upcase)   \(.key)",
       (.value | to_entries[] | select(.key | startswith("_") | not) | "  \(.key): \(.value)")),
    "\nLATELY",
    (.timeline[] | "  \(.time[0:19] | sub("T"; " "))  \(.type)  \(.subject)")'
