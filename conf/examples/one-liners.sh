#!/bin/sh
# Reading Tributary's Redis with nothing but redis-cli. Copy the line you need; or run the file to see them all answer.
#
#     REDIS="redis-cli -u redis://127.0.0.1:6379/0" ./one-liners.sh booking-site:991 cinema-42
set -eu
REDIS=${REDIS:-redis-cli}
customer=${1:?a customer reference, as booking-site:991} booking=${2:?a booking, as cinema-42}

# The present state of a booking; and one field of it.
$REDIS HGETALL "cdc:state:{booking}:$booking"
$REDIS HGET "cdc:state:{booking}:$booking" reservation_status

# The last five changes of any booking, the newest first.
$REDIS XREVRANGE 'cdc:events:{booking}' + - COUNT 5

# Everything that belongs to a customer under this reference, and the references that are linked to it.
$REDIS SMEMBERS "cdc:entities:{customer}:$customer"
$REDIS SMEMBERS "cdc:links:{customer}:$customer"

# The last ten things that happened to the customer: which entity, what, when.
$REDIS XREVRANGE "cdc:timeline:{customer}:$customer" + - COUNT 10

# One answer over all linked references: states and a merged timeline, as JSON.
$REDIS FCALL_RO tributary_customer 1 "cdc:links:{customer}:$customer" 20

# May we send marketing e-mail? granted, withdrawn, denied, …, or none.
$REDIS FCALL_RO tributary_consent 1 "cdc:links:{customer}:$customer" marketing email

# How many prices disagree just now, and which, since when (milliseconds since 1970).
$REDIS ZCARD 'cdc:divergences:{price}'
$REDIS ZRANGE 'cdc:divergences:{price}' 0 -1 WITHSCORES
