# shellcheck shell=bash disable=SC2034 # read by run.sh
# The contact centre: who is who, in PostgreSQL. Two members are linked by mistake, and one row undoes it.

crm_database="a contact centre's PostgreSQL"

crm_sql() { servers_psql crm -d crm "$@"; }
crm_slot_is_ready() {
    [ "$(servers_psql crm -c "SELECT count(*) FROM pg_replication_slots WHERE active AND confirmed_flush_lsn IS NOT NULL")" = 1 ]
}

crm_stage() {
    servers_postgresql crm
    servers_psql crm -c 'CREATE DATABASE crm'
    crm_sql -f tests/demo/40-crm.sql
    agent_config crm tests/demo/40-crm.yaml "s|@HOST@|$crm_HOST|; s|@PORT@|$crm_PORT|"
    agent_start crm
    stage_await 10 "the slot of the contact centre is ready" crm_slot_is_ready
    session_start crm "$SERVERS_PG_BIN/psql" -X -q -v ON_ERROR_STOP=1 -h "$crm_HOST" -p "$crm_PORT" -U postgres crm
    crm_sql -c "INSERT INTO bonus VALUES (1, 'M-40', 150), (2, 'M-77', 900), (3, 'M-99', 1)"
    stage_await 10 "the bonuses" events_reach bonus 3
}

# Everything that any system knows of a member, in one call; here, the bonuses in it.
crm_member() { # MEMBER
    redis FCALL_RO tributary_customer 1 "cdc:links:{customer}:loyalty:$1" 0 |
        jq -r '[.states.bonus // {} | to_entries[] | "\(.key) (\(.value.points) points)"] | join(", ")'
}
crm_app() { # MEMBER COLOUR
    who "loyalty app" "member $1 sees: $("$2" "$(crm_member "$1")")"
}

crm_tell() {
    scene "Contact centre. Two members linked by mistake, after a call; one row undoes it, at once and completely"
    tell "Customers are linked, never merged: who belongs together is decided when somebody asks."
    change crm identity "INSERT INTO account_link VALUES ('loyalty', 'M-40', 'C-17', true, 'web form')"
    crm_app M-40 yes
    tell "${dim}On the telephone somebody mistypes a card number:${off}"
    change crm identity "INSERT INTO account_link VALUES ('loyalty', 'M-77', 'C-17', true, 'call 3301')"
    crm_app M-40 no
    tell "${dim}The mistake is noticed. Nothing has to be un-merged:${off}"
    change crm identity "UPDATE account_link SET active = false WHERE account = 'M-77'"
    crm_app M-40 yes
    crm_app M-77 yes
    tell "${dim}What 'tributary customer crm:C-17' says now:${off}"
    "$build/tributary" customer --redis "unix://$redis_SOCKET" --limit 4 crm:C-17 | cut -c "1-$((columns - 2))" | sed 's/^/  /'
}

crm_live() { session_send crm "UPDATE bonus SET points = points + 1 WHERE id = 3"; }

crm_latency() {
    printf '%s\n' "host=$crm_HOST port=$crm_PORT user=postgres dbname=crm" 'cdc:events:{bonus}' \
        'UPDATE bonus SET points = %d WHERE id = 3'
}
