# shellcheck shell=bash
# shellcheck disable=SC2034 # what one piece sets, another one reads
# What is MariaDB's in the bench, which run.sh sources: server, tables, changes, bare reading of the binlog, what its process uses.

maria() { mariadb --no-defaults -u root -S "$database_SOCKET" -N "$@"; }

mariadb_table() { echo "bench.$1"; }

mariadb_source() {
    echo "source: {type: mysql, host: $database_SOCKET, database: bench, user: root, server_id: 7101}"
}

mariadb_open() {
    servers_mariadb database sync-binlog=0 innodb-log-file-size=512M innodb-buffer-pool-size=256M innodb-doublewrite=0 \
        max-binlog-size=1G
    maria <<'SQL'
CREATE DATABASE bench;
USE bench;
CREATE TABLE narrow (id int unsigned PRIMARY KEY, member_no int unsigned NOT NULL, screening_id int unsigned NOT NULL,
    state char(1) NOT NULL, price_pence int unsigned NOT NULL);
INSERT INTO narrow SELECT seq, seq % 997, seq % 113, 'H', 800 + seq % 40 FROM seq_1_to_50000;
SET SESSION group_concat_max_len = 1000000;
SELECT CONCAT('CREATE TABLE wide (id int unsigned PRIMARY KEY, member_no int unsigned NOT NULL, ',
    GROUP_CONCAT(CONCAT('c', seq, ' varchar(60) NOT NULL')), ')') INTO @make FROM seq_1_to_48;
EXECUTE IMMEDIATE @make;
SELECT CONCAT('INSERT INTO wide SELECT n.seq, n.seq % 997, ',
    GROUP_CONCAT('rpad(n.seq, 41, ''abcdefghij '')'), ' FROM seq_1_to_5000 n') INTO @fill FROM seq_1_to_48;
EXECUTE IMMEDIATE @fill;
DELIMITER //
CREATE PROCEDURE change_narrow(transactions int, size int)
BEGIN
    DECLARE i int DEFAULT 0;
    WHILE i < transactions DO
        UPDATE narrow SET state = IF(state = 'H', 'C', 'H'), price_pence = price_pence + 50
            WHERE id > i * size % 50000 AND id <= i * size % 50000 + size;
        SET i = i + 1;
    END WHILE;
END //
CREATE PROCEDURE change_wide(transactions int, size int)
BEGIN
    DECLARE i int DEFAULT 0;
    WHILE i < transactions DO
        UPDATE wide SET c1 = REVERSE(c1), c2 = REVERSE(c2) WHERE id > i * size % 5000 AND id <= i * size % 5000 + size;
        SET i = i + 1;
    END WHILE;
END //
SQL
}

# Its first run stores where the server is now.
mariadb_begin() { # CONNECTOR
    agent_start "$1"
    agent_until has_checkpoint "$1"
    agent_stop
}

# Changes in transactions of SIZE rows; one transaction of inserts when that is all of them.
mariadb_change() { # narrow|wide SIZE CHANGES
    if [ "$2" = "$3" ]; then
        maria bench -e "SELECT max(id) INTO @last FROM narrow; INSERT INTO narrow
            SELECT @last + seq, seq % 997, seq % 113, 'H', 800 + seq % 40 FROM seq_1_to_$3"
    else
        maria bench -e "CALL change_$1($(($3 / $2)), $2)"
    fi
}

mariadb_one() { maria bench -e 'CALL change_narrow(1, 1)'; }

mariadb_before() { maria_from=$(maria -e 'SELECT @@gtid_binlog_pos'); }
mariadb_after() { :; }

# Bare and decoded, three times each, one after the other; of each figure the median.
mariadb_read() { # narrow|wide SIZE CHANGES
    local mode
    for mode in bare decode bare decode bare decode; do
        "$build/bench/binlog" "$mode" "$database_SOCKET" "$maria_from" $(($3 / $2)) "$3" "$1" >>"$SERVERS/$mode"
    done
    bare=$(sort -n -k3 "$SERVERS/bare" | awk 'NR == 2 { print $3 }')
    bare_cpu=$(sort -n -k4 "$SERVERS/bare" | awk 'NR == 2 { print $4 }')
    decode=$(sort -n -k3 "$SERVERS/decode" | awk 'NR == 2 { print $3 }')
    decode_cpu=$(sort -n -k4 "$SERVERS/decode" | awk 'NR == 2 { print $4 }')
    rm "$SERVERS/bare" "$SERVERS/decode"
}

mariadb_null() { null_sink "$1" "$2" "mariadb:$maria_from"; } # CONNECTOR CHANGES

# The server's: its dump thread is one of many.
mariadb_cpu() { cpu_of "$database_PID"; }

mariadb_copy() { maria bench --quick -e "SELECT * FROM $1" >/dev/null; }
mariadb_rows() { maria bench -e "SELECT count(*) FROM $1"; }
mariadb_client() { echo "mariadb:$database_SOCKET:bench"; }
mariadb_update() { echo "UPDATE narrow SET state = IF(state = 'H', 'C', 'H'), price_pence = price_pence + 50 WHERE id = %d"; }
