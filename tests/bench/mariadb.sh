# shellcheck shell=bash
# The MariaDB part of run.sh, which sources this: bench_mariadb prints its tables and sets $mariadb_json.

maria() { mariadb --no-defaults -u root -S "$maria_SOCKET" -N "$@"; }
maria_gtid() { maria -e 'SELECT @@gtid_binlog_pos'; }

maria_config() {
    cat >"$SERVERS/mariadb.yaml" <<C
version: 1
connector: bench-maria
system: booking-site
source: {type: mysql, host: $maria_SOCKET, database: bench, user: root, server_id: 7101}
redis:
  url: unix://$redis_SOCKET
  stream: {max_len: 100000}
  replay_window: 0s
log: {level: warning}
tables:
  bench.reservation:
    entity: booking
    key: {reservation_id: "cinema-\${id}"}
    fields:
      customer_id: member_no
      service_id: "screening-\${screening_id}"
      reservation_status: {column: state, values: {H: hold, C: confirmed}, otherwise: reject}
      total_price: {column: price_pence, scale: -2}
      price_currency: {const: GBP}
C
    chmod 600 "$SERVERS/mariadb.yaml"
}

# Seven fields of a booking come from it, as in apply.c; an update changes three of them.
maria_schema() {
    maria <<'SQL'
CREATE DATABASE bench;
USE bench;
CREATE TABLE reservation (id int unsigned PRIMARY KEY, member_no int unsigned NOT NULL, screening_id int unsigned NOT NULL,
    state char(1) NOT NULL, price_pence int unsigned NOT NULL);
INSERT INTO reservation SELECT seq, seq % 997, seq % 113, 'H', 800 + seq % 40 FROM seq_1_to_50000;
DELIMITER //
CREATE PROCEDURE change_rows(transactions int, size int)
BEGIN
    DECLARE i int DEFAULT 0;
    WHILE i < transactions DO
        UPDATE reservation SET state = IF(state = 'H', 'C', 'H'), price_pence = price_pence + 50
            WHERE id > i * size % 50000 AND id <= i * size % 50000 + size;
        SET i = i + 1;
    END WHILE;
END //
SQL
}

maria_singles() { maria bench -e "CALL change_rows($1, 1)"; }
maria_hundreds() { maria bench -e "CALL change_rows($(($1 / 100)), 100)"; }
maria_huge() { maria bench -e "INSERT INTO reservation SELECT 50000 + seq, seq % 997, seq % 113, 'H', 800 + seq % 40 FROM seq_1_to_$1"; }

# Where the agent begins: its first run stores where the server is now.
has_checkpoint() { [ -n "$(redis HGET cdc:checkpoint:bench-maria position)" ]; }

# Three times each, one after the other; of each figure the median. Sets $bare, $bare_cpu, $decode, $decode_cpu.
maria_read() { # GTID TRANSACTIONS ROWS
    local mode
    for mode in bare decode bare decode bare decode; do
        "$build/bench/binlog" "$mode" "$maria_SOCKET" "$1" "$2" "$3" >>"$SERVERS/$mode"
    done
    bare=$(sort -n -k3 "$SERVERS/bare" | awk 'NR == 2 { print $3 }')
    bare_cpu=$(sort -n -k4 "$SERVERS/bare" | awk 'NR == 2 { print $4 }')
    decode=$(sort -n -k3 "$SERVERS/decode" | awk 'NR == 2 { print $3 }')
    decode_cpu=$(sort -n -k4 "$SERVERS/decode" | awk 'NR == 2 { print $4 }')
    rm "$SERVERS/bare" "$SERVERS/decode"
}

# maria_measure NAME COMMAND TRANSACTIONS ROWS WORD…: the words tell apply what its batches are like
maria_measure() {
    local from
    from=$(maria_gtid)
    echo "$1: making $4 changes" >&2
    "$2" "$4"
    maria_read "$from" "$3" "$4"
    end_to_end "$SERVERS/mariadb.yaml" booking "$4"
    apply_alone "${@:5}"
    printf '%-26s %10s %10s %6s %7s %7s %5s %10s %10s %6s %6s %6s\n' "$1" "$bare" "$decode" "$(ratio "$decode" "$bare")" \
        "$bare_cpu" "$decode_cpu" "$(ratio "$decode_cpu" "$bare_cpu")" "$apply" "$end_to_end" "$(ratio "$end_to_end" "$apply")" \
        "$rss_mb" "$cpu_s"
    mariadb_rows="${mariadb_rows:+$mariadb_rows,}{\"name\":\"$1\",\"bare_per_s\":$bare,\"decode_per_s\":$decode,\"bare_cpu_s\":$bare_cpu,\"decode_cpu_s\":$decode_cpu,\"apply_alone_per_s\":$apply,\"end_to_end_per_s\":$end_to_end,\"rss_mb\":$rss_mb,\"cpu_s\":$cpu_s}"
}

bench_mariadb() {
    mariadb_rows=
    servers_mariadb maria sync-binlog=0 innodb-log-file-size=512M innodb-buffer-pool-size=256M innodb-doublewrite=0 \
        max-binlog-size=1G
    maria_schema
    maria_config
    agent_start "$SERVERS/mariadb.yaml"
    agent_until has_checkpoint
    agent_stop
    printf '%-26s %10s %10s %6s %7s %7s %5s %10s %10s %6s %6s %6s\n' "MariaDB, rows per second" 'bare read' 'decoded' ratio \
        'cpu s/M' 'cpu s/M' ratio 'apply alone' 'end to end' ratio 'rss MB' 'cpu s/M'
    maria_measure "single-row transactions" maria_singles $((changes * 2)) $((changes * 2)) update 1 customer
    maria_measure "100-row transactions" maria_hundreds $((changes / 100)) "$changes" update 100 customer
    maria_measure "one transaction, inserts" maria_huge 1 "$changes" insert "$changes" customer
    # shellcheck disable=SC2034 # run.sh reads it
    mariadb_json="\"rows\":[$mariadb_rows]"
}
