/* HTML for people (html.h). Pure; any thread. */
#include "http/html.h"

#include <inttypes.h>
#include <stdio.h>

#include "cdc/clock.h"

void html_text(struct cdc_buf *out, struct cdc_slice text)
{
    for (size_t i = 0; i < text.len; i++) {
        unsigned char c = (unsigned char)text.ptr[i];
        if (c == '&')
            cdc_buf_puts(out, "&amp;");
        else if (c == '<')
            cdc_buf_puts(out, "&lt;");
        else if (c == '>')
            cdc_buf_puts(out, "&gt;");
        else if (c == '"')
            cdc_buf_puts(out, "&quot;");
        else
            cdc_buf_putc(out, (c < 0x20 && c != '\n') || c == 0x7f ? ' ' : (char)c);
    }
}

void html_str(struct cdc_buf *out, const char *text)
{
    html_text(out, cdc_slice_str(text));
}

void html_hint(struct cdc_buf *out, const char *hint)
{
    const char *begin, *end;

    while ((begin = strchr(hint, '`')) && (end = strchr(begin + 1, '`'))) {
        html_text(out, cdc_slice(hint, (size_t)(begin - hint)));
        cdc_buf_puts(out, "<code>");
        html_text(out, cdc_slice(begin + 1, (size_t)(end - begin) - 1));
        cdc_buf_puts(out, "</code>");
        hint = end + 1;
    }
    html_str(out, hint);
}

void html_number(struct cdc_buf *out, uint64_t n)
{
    char digits[24];
    int len = snprintf(digits, sizeof digits, "%" PRIu64, n);

    for (int i = 0; i < len; i++) {
        if (i && (len - i) % 3 == 0)
            cdc_buf_putc(out, ',');
        cdc_buf_putc(out, digits[i]);
    }
}

void html_bytes(struct cdc_buf *out, uint64_t bytes)
{
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
    double n = (double)bytes / 1024;
    size_t unit = 0;

    if (bytes < 1024) {
        cdc_buf_printf(out, "%" PRIu64 " B", bytes);
        return;
    }
    for (; n >= 1024 && unit + 1 < sizeof units / sizeof *units; unit++)
        n /= 1024;
    cdc_buf_printf(out, n < 10 ? "%.1f %s" : "%.0f %s", n, units[unit]);
}

void html_duration(struct cdc_buf *out, int64_t ms)
{
    int64_t s = ms / 1000;

    if (ms > 0 && ms < 10000)
        cdc_buf_printf(out, "%.1f s", (double)ms / 1000);
    else if (s < 60)
        cdc_buf_printf(out, "%" PRId64 " s", s);
    else if (s < 3600)
        cdc_buf_printf(out, "%" PRId64 " min %" PRId64 " s", s / 60, s % 60);
    else if (s < 86400)
        cdc_buf_printf(out, "%" PRId64 " h %" PRId64 " min", s / 3600, s / 60 % 60);
    else
        cdc_buf_printf(out, "%" PRId64 " d %" PRId64 " h", s / 86400, s / 3600 % 24);
}

void html_ago(struct cdc_buf *out, int64_t us, int64_t now_us)
{
    char text[CDC_TIME_TEXT];
    int64_t ms = now_us > us ? (now_us - us) / 1000 : 0;

    if (us == 0) {
        cdc_buf_puts(out, "<span class=\"none\">never</span>");
        return;
    }
    cdc_time_print(us, text);
    cdc_buf_printf(out, "<time datetime=\"%s\" title=\"%s\">", text, text);
    if (ms < 2000) {
        cdc_buf_puts(out, "just now</time>");
        return;
    }
    html_duration(out, ms < 10000 ? ms : ms / 1000 * 1000);
    cdc_buf_puts(out, " ago</time>");
}
