# shellcheck shell=bash disable=SC2034 # read by run.sh
# The shop: stock, prices and till sales in MariaDB; a web shop, a mailer and the tills of two branches that read the store.

shop_database="a shop's MariaDB"

shop_client=(mariadb --no-defaults -u root --batch --unbuffered)
shop_sql() { "${shop_client[@]}" -S "$shop_SOCKET" shop "$@"; }

shop_session() {
    session_start shop "${shop_client[@]}" -S "$shop_SOCKET" shop
}

shop_stage() {
    servers_mariadb shop
    "${shop_client[@]}" -S "$shop_SOCKET" -e 'CREATE DATABASE shop'
    shop_sql <tests/demo/20-shop.sql
    agent_config shop tests/demo/20-shop.yaml "s|@SOCKET@|$shop_SOCKET|"
    agent_start shop
    shop_session
    shop_sql -e "INSERT INTO product (sku, name, brand) VALUES ('KETTLE-1', 'Kettle, 1.7 litres', 'Alba'), ('RADIO-5', 'Kitchen radio', 'Tern');
        INSERT INTO stock VALUES ('KETTLE-1', 'harbour', 1), ('KETTLE-1', 'station', 12), ('RADIO-5', 'station', 40);
        INSERT INTO price VALUES ('KETTLE-1', 'web', 39.90), ('KETTLE-1', 'till', 39.90), ('RADIO-5', 'web', 59.00)"
    stage_await 10 "goods, stock and prices" shop_is_stocked
}
shop_is_stocked() { [ "$(field '{price}:RADIO-5:web:-:GBP:-' price)" = 59.00 ]; }

shop_stock() { field "{inventory}:KETTLE-1:$1" quantity; } # BRANCH
shop_price() { field "{price}:KETTLE-1:$1:-:GBP:-" price; } # CHANNEL

# What the web shop asks when somebody wants to collect in a branch: one look at one key.
shop_collect() {
    local harbour
    harbour=$(shop_stock harbour)
    if [ "$harbour" -gt 0 ]; then
        who "web shop" "is there a kettle to collect at the harbour branch? $(yes "yes, $harbour")"
    else
        who "web shop" "is there a kettle to collect at the harbour branch? $(no "no"), but the station branch has $(shop_stock station)"
    fi
}

shop_tell() {
    local before

    scene "Shop 1. What the till sells, the web shop no longer promises"
    tell "One kettle is left at the harbour branch. Somebody buys it at the till, while others look at it in the web shop."
    shop_collect
    tell "${dim}The sale and the stock are one transaction of the shop's database:${off}"
    change shop order "START TRANSACTION; INSERT INTO till_sale (receipt, branch, loyalty_no, goods, total_pence, card_number) VALUES (5001, 'harbour', 'M-12', '[\"KETTLE-1\"]', 3990, '4000-0000'); UPDATE stock SET on_hand = on_hand - 1 WHERE sku = 'KETTLE-1' AND branch = 'harbour'; COMMIT"
    stage_await 5 "the stock" shop_is_sold_out
    shop_collect
    who "loyalty app" "last purchase of member M-12: $(field '{order}:receipt-5001' items) for $(field '{order}:receipt-5001' total) at $(field '{order}:receipt-5001' channel)"

    scene "Shop 2. The letter and the till say the same price"
    change shop price "UPDATE price SET amount = 34.90 WHERE sku = 'KETTLE-1'" 2
    who mailer "tonight's letter: \"Kettle, now $(yes "$(shop_price web)")\""
    who till "price at the till: $(yes "$(shop_price till)"), price in web shop and letter: $(yes "$(shop_price web)")"

    tell "${dim}Somebody changes the price of the tills only. That it differs is an event, too; a till never surprises a customer:${off}"
    change shop price "UPDATE price SET amount = 36.90 WHERE sku = 'KETTLE-1' AND channel = 'till'" 2
    who "operator" "tributary divergences:"
    "$build/tributary" divergences --redis "unix://$redis_SOCKET" price | sed 's/^/                  /'
    change shop price "UPDATE price SET amount = 34.90 WHERE sku = 'KETTLE-1' AND channel = 'till'" 2
    who "operator" "divergences now: $(yes "$(redis ZCARD 'cdc:divergences:{price}')")"

    scene "Shop 3. What comes back is for sale again"
    change shop order "START TRANSACTION; UPDATE till_sale SET state = 'returned' WHERE receipt = 5001; UPDATE stock SET on_hand = on_hand + 1 WHERE sku = 'KETTLE-1' AND branch = 'harbour'; COMMIT"
    stage_await 5 "the stock" shop_is_back
    shop_collect

    scene "Shop 4. The database is restarted; the agent waits for it and goes on"
    before=$(events inventory)
    session_stop shop
    servers_stop shop TERM
    who "operator" "the shop's database is stopped, and started again"
    servers_start shop
    shop_session
    shop_sql -e "UPDATE stock SET on_hand = on_hand + 20 WHERE sku = 'KETTLE-1'"
    stage_await 20 "the delivery" events_reach inventory $((before + 2))
    who "web shop" "kettles at harbour: $(yes "$(shop_stock harbour)"), at station: $(yes "$(shop_stock station)")"
    who "events" "before: $before, after: $(events inventory) (2 more, each once)"
}
shop_is_sold_out() { [ "$(shop_stock harbour)" = 0 ]; }
shop_is_back() { [ "$(shop_stock harbour)" = 1 ]; }

# A till sells a radio; every third time the price moves.
shop_live() {
    if [ $(($1 % 3)) = 0 ]; then
        session_send shop "UPDATE price SET amount = 50 + $1 % 20 / 2 WHERE sku = 'RADIO-5'"
    else
        session_send shop "UPDATE stock SET on_hand = IF(on_hand > 0, on_hand - 1, 40) WHERE sku = 'RADIO-5'"
    fi
}

shop_latency() {
    printf '%s\n' "mariadb:$shop_SOCKET:shop" 'cdc:events:{inventory}' \
        "UPDATE stock SET on_hand = %d WHERE sku = 'KETTLE-1' AND branch = 'station'"
}
