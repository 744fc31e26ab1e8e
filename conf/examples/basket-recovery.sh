#!/bin/sh
# What a worker does when a basket was abandoned, and before each further step of winning the customer back: exit status 0 means go
# on, and the customer is printed; 1 means stop, and why. By then it may have become an order, on the telephone or in a branch.
#
#     ./worker.sh basket recovery worker-1 ./basket-recovery.sh      # as a handler: EVENT_TYPE and EVENT_SUBJECT are set
#     ./basket-recovery.sh basket-7                                  # before the second letter, two days later
#
# Needs redis-cli.
set -eu
REDIS="${REDIS:-redis-cli} -e" # -e: an error is an exit status
[ "${EVENT_TYPE:-basket.abandoned}" = basket.abandoned ] || exit 0
basket=${1:-${EVENT_SUBJECT:?a basket, as basket-7}}

status=$($REDIS HGET "cdc:state:{basket}:$basket" status) || exit 1
case $status in
open | checkout) ;;
*)
    echo "stop: $basket is ${status:-gone}"
    # For the worker the event is done with; for a sender this is a no.
    [ -n "${EVENT_TYPE:-}" ] || exit 1
    exit 0
    ;;
esac
customer=$($REDIS HGET "cdc:state:{basket}:$basket" customer_id) || exit 1
echo "recover $basket of ${customer:-somebody}"
