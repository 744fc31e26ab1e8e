# Draws a chart of three panels as SVG: how changes a second, processor seconds and memory go with one thing.
#
#     awk -v title=… -v what=… -v says=… -f chart.awk
#
# Reads lines of: series, x, changes/s, CPU seconds of the agent for a million, MB; the values of x in order. `what` is what x counts.
function escaped(text) { gsub(/&/, "\\&amp;", text); gsub(/</, "\\&lt;", text); return text }
function short(v) { return v >= 1000000 ? sprintf("%.1fM", v / 1000000) : v >= 10000 ? sprintf("%.0fk", v / 1000) : v >= 10 ? sprintf("%.0f", v) : sprintf("%.1f", v) }
function text(x, y, anchor, size, what, fill) {
    printf "<text x=\"%d\" y=\"%d\" text-anchor=\"%s\" font-size=\"%d\"%s>%s</text>\n", x, y, anchor, size, \
        (fill ? " fill=\"" fill "\"" : ""), escaped(what)
}
# Above the highest line, below the others.
function above(panel, s, i,    t) {
    for (t = 1; t <= ns; t++) {
        if ((names[t], xs[i], panel) in value && value[names[t], xs[i], panel] > value[names[s], xs[i], panel]) return 15
    }
    return -7
}
function px(panel, i) { return 20 + panel * 270 + (nx > 1 ? (i - 1) * 220 / (nx - 1) : 110) + 10 }
function py(panel, v) { return 190 - v * 110 / most[panel] }
{
    if (!($2 in place)) { place[$2] = ++nx; xs[nx] = $2 }
    if (!($1 in series)) { series[$1] = ++ns; names[ns] = $1 }
    for (p = 0; p < 3; p++) {
        value[$1, $2, p] = $(p + 3)
        if ($(p + 3) > most[p]) most[p] = $(p + 3)
    }
}
function line(panel, s,    i, key, points) {
    for (i = 1; i <= nx; i++) {
        key = names[s] SUBSEP xs[i] SUBSEP panel
        if (!(key in value)) continue
        points = points sprintf("%d,%d ", px(panel, i), py(panel, value[key]))
        printf "<circle cx=\"%d\" cy=\"%d\" r=\"3\" fill=\"%s\"/>\n", px(panel, i), py(panel, value[key]), colour[s]
        text(px(panel, i), py(panel, value[key]) + above(panel, s, i), "middle", 10, short(value[key]), colour[s])
    }
    printf "<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>\n", points, colour[s]
}
END {
    colour[1] = "#1f5fa8"; colour[2] = "#b5541c"
    split("changes a second|CPU seconds of the agent for a million|peak MB of the agent", heads, "|")
    print "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 830 255\" font-family=\"sans-serif\" fill=\"#222\">"
    print "<rect width=\"830\" height=\"255\" fill=\"#fff\"/>"
    text(20, 20, "start", 15, title)
    for (s = 1; s <= ns; s++) {
        printf "<rect x=\"%d\" y=\"11\" width=\"10\" height=\"10\" fill=\"%s\"/>\n", 830 - 110 * (ns - s + 1), colour[s]
        text(830 - 110 * (ns - s + 1) + 15, 20, "start", 11, names[s])
    }
    for (panel = 0; panel < 3; panel++) {
        if (!most[panel]) most[panel] = 1
        text(30 + panel * 270, 50, "start", 11, heads[panel + 1])
        printf "<line x1=\"%d\" y1=\"190\" x2=\"%d\" y2=\"190\" stroke=\"#888\"/>\n", 22 + panel * 270, 260 + panel * 270
        for (i = 1; i <= nx; i++) text(px(panel, i), 205, "middle", 10, xs[i])
        for (s = 1; s <= ns; s++) line(panel, s)
    }
    text(20, 225, "start", 11, "Below: " what ". The lines begin at 0.")
    text(20, 243, "start", 11, says)
    print "</svg>"
}
