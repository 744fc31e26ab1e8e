/* The frame of the pages (frame.h). Everything is in the page itself; style and script are allowed by the page's nonce. Pure. */
#include "http/frame.h"

#include "http/html.h"

static const char style[] =
    ":root{color-scheme:light dark;--paper:#f6f5f1;--card:#fffefb;--ink:#22282b;--soft:#5d676b;--rule:#e3e0d8;--water:#1f6f84;"
    "--wash:#1f6f8422;--good:#2c7a4b;--waiting:#94650b;--bad:#b3372e}"
    "@media(prefers-color-scheme:dark){:root{--paper:#14181a;--card:#1b2124;--ink:#e4e6e3;--soft:#9aa5a8;--rule:#2c3438;"
    "--water:#6db9cc;--wash:#6db9cc26;--good:#74c69d;--waiting:#e0b357;--bad:#f0897f}}"
    "*{box-sizing:border-box}html{-webkit-text-size-adjust:100%}"
    "body{margin:0;background:var(--paper);color:var(--ink);font:16px/1.5 system-ui,-apple-system,'Segoe UI',Roboto,'Noto "
    "Sans','Liberation Sans',sans-serif}"
    "header,main,footer{max-width:68rem;margin:0 auto;padding:0 1.25rem}"
    "header{padding-top:1.75rem;display:flex;flex-wrap:wrap;gap:.5rem 2rem;align-items:end;justify-content:space-between}"
    "h1{font-size:1.6rem;line-height:1.2;margin:0;font-weight:600;overflow-wrap:anywhere}header p{margin:.15rem 0 "
    "0;color:var(--soft)}"
    "nav{display:flex;gap:1.25rem}a{color:var(--water);text-underline-offset:.2em}nav a{text-decoration:none;padding:.25rem "
    "0}nav a:hover{text-decoration:underline}"
    "nav a[aria-current]{color:var(--ink);border-bottom:2px solid var(--water)}"
    ":focus-visible{outline:3px solid var(--water);outline-offset:2px;border-radius:3px}"
    "section{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:1.1rem 1.25rem;margin:1.1rem 0}"
    "section>p{margin:0}#events table{width:auto;min-width:min(100%,26rem)}h2{font-size:1.05rem;margin:0 0 .6rem;font-weight:600}"
    ".state{border-left:6px solid var(--tone);padding-left:1.1rem}.state h2{font-size:1.35rem;margin:0;color:var(--tone)}"
    ".state p{margin:.3rem 0 0;max-width:60ch}.state code,.remedy code{overflow-wrap:anywhere}"
    ".good{--tone:var(--good)}.waiting{--tone:var(--waiting)}.bad{--tone:var(--bad)}"
    ".mark{color:var(--tone);font-weight:600;white-space:nowrap}.mark::before{content:'';display:inline-block;width:.6em;"
    "height:.6em;border-radius:50%;background:var(--tone);margin-right:.45em}.bad.mark::before{border-radius:1px}"
    ".remedy{color:var(--ink);margin:.3rem 0 0}.remedy b{font-weight:600}"
    ".tiles{display:grid;grid-template-columns:repeat(auto-fit,minmax(9.5rem,1fr));gap:1.1rem;margin:1.1rem 0}"
    ".tiles div{background:var(--card);border:1px solid var(--rule);border-radius:10px;padding:.8rem 1.1rem}"
    ".tiles dt{color:var(--soft);font-size:.875rem}.tiles dd{margin:0;font-size:1.35rem;line-height:1.3;font-variant-numeric:"
    "tabular-nums}.tiles small{display:block;font-size:.8125rem;color:var(--soft)}"
    ".charts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,20rem),1fr));gap:1.75rem}.chart{margin:0}"
    "figcaption{display:flex;justify-content:space-between;font-weight:600}figcaption span{font-weight:400;color:var(--soft);"
    "font-variant-numeric:tabular-nums}"
    ".plot{position:relative;margin-top:.5rem}.top{position:absolute;top:.2rem;left:0;font-size:.75rem;color:var(--soft);"
    "background:var(--card);padding:0 .35rem 0 0;line-height:1}"
    "svg{display:block;width:100%;height:7.5rem}.grid{stroke:var(--rule);fill:none;stroke-width:1;vector-effect:"
    "non-scaling-stroke}.line{stroke:var(--water);fill:none;stroke-width:2;stroke-linejoin:round;stroke-linecap:round;"
    "vector-effect:non-scaling-stroke}.area{fill:var(--wash)}"
    ".axis{display:flex;justify-content:space-between;font-size:.75rem;color:var(--soft);margin-top:.25rem}"
    ".scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}"
    "th,td{text-align:left;padding:.4rem .9rem .4rem 0;border-bottom:1px solid var(--rule);vertical-align:top}"
    "tbody tr:last-child>*{border-bottom:0}thead th{font-size:.8125rem;font-weight:400;color:var(--soft);white-space:nowrap}"
    "tbody th{font-weight:500;white-space:nowrap}.why{min-width:15rem}.why p{margin:.2rem 0 0}.n{text-align:right;white-space:nowrap}td:last-child,"
    "th:last-child{padding-right:0}"
    ".n+td:not(.n),.n+th:not(.n){padding-left:1.25rem}.none,.dim{color:var(--soft)}time{white-space:nowrap}code,pre{font:.875rem/1.55 ui-monospace,'DejaVu Sans "
    "Mono','Liberation Mono',monospace}pre{overflow-x:auto;margin:.75rem 0 0}"
    "summary{cursor:pointer;font-weight:600}progress{width:100%;height:.6rem;accent-color:var(--water)}"
    "ul.plain{list-style:none;margin:0;padding:0}ul.plain li{padding:.6rem 0;border-bottom:1px solid var(--rule)}ul.plain "
    "li:first-child{padding-top:0}ul.plain li:last-child{border:0;padding-bottom:0}ul.plain p{margin:.15rem 0 "
    "0;overflow-wrap:anywhere}"
    "footer{padding-top:.25rem;padding-bottom:2.5rem;color:var(--soft);font-size:.875rem;display:flex;flex-wrap:wrap;gap:.35rem "
    "1.5rem;justify-content:space-between;align-items:center}"
    "button{font:inherit;color:var(--ink);background:var(--card);border:1px solid var(--rule);border-radius:6px;padding:.25rem "
    ".8rem;cursor:pointer}#stale{max-width:68rem;margin:1rem auto 0;padding:0 1.25rem;color:var(--bad);font-weight:600}"
    "#stale:empty{display:none}";

/* Reads the page again every 5 seconds and replaces what has changed, so that focus, scrolling and what is unfolded stay. */
static const char script[] =
    "(()=>{let paused=false,stale=document.getElementById('stale'),foot=document.querySelector('footer'),"
    "b=document.createElement('button');b.type='button';b.textContent='Pause refreshing';"
    "b.setAttribute('aria-pressed','false');b.onclick=()=>{paused=!paused;b.textContent=paused?'Refresh again':"
    "'Pause refreshing';b.setAttribute('aria-pressed',paused)};foot.append(b);"
    "const morph=(o,n)=>{if(o.nodeName!==n.nodeName||o.childNodes.length!==n.childNodes.length)"
    "return o.replaceWith(document.importNode(n,true));if(o.nodeType!==1){if(o.data!==n.data)o.data=n.data;return}"
    "for(const a of n.attributes)if(o.getAttribute(a.name)!==a.value)o.setAttribute(a.name,a.value);"
    "[...o.childNodes].forEach((c,i)=>morph(c,n.childNodes[i]))};"
    "const turn=async()=>{if(!paused&&!document.hidden){try{const r=await fetch(location.href,{cache:'no-store',"
    "signal:AbortSignal.timeout(4000)});if(!r.ok)throw r;"
    "const d=new DOMParser().parseFromString(await r.text(),'text/html');document.title=d.title;"
    "for(const n of d.querySelectorAll('[data-live]')){const o=document.getElementById(n.id);"
    "if(o)morph(o,n)}"
    "stale.textContent=''}catch(e){if(!stale.textContent)stale.textContent='This agent has not answered since '+"
    "new Date().toLocaleTimeString()+'. What is below is older. It may have stopped: see systemctl status, tributary status, or "
    "the page of another agent.'}}setTimeout(turn,5000)};setTimeout(turn,5000)})()";

static const char *icon_colour(const char *mood)
{
    return *mood == 'b' ? "b3372e" : *mood == 'w' ? "c08a1e" : "2c7a4b";
}

static void put_head(const struct frame *frame, struct cdc_buf *out)
{
    cdc_buf_puts(out, "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
                      "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\"><title>");
    html_str(out, frame->title);
    cdc_buf_puts(out, "</title><noscript><meta http-equiv=\"refresh\" content=\"10\"></noscript>");
    cdc_buf_printf(
        out,
        "<link rel=\"icon\" href=\"data:image/svg+xml,%%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 8 "
        "8'%%3E%%3Ccircle cx='4' cy='4' r='3' fill='%%23%s'/%%3E%%3C/svg%%3E\">",
        icon_colour(frame->mood));
    cdc_buf_printf(out, "<style nonce=\"%s\">%s</style></head><body>\n", frame->nonce, style);
}

static void put_link(struct cdc_buf *out, const char *path, const char *text, bool here)
{
    cdc_buf_printf(out, "<a href=\"%s\"%s>%s</a>", path, here ? " aria-current=\"page\"" : "", text);
}

void frame_begin(const struct frame *frame, struct cdc_buf *out)
{
    put_head(frame, out);
    cdc_buf_puts(out, "<header><div><h1>");
    html_str(out, frame->heading);
    cdc_buf_puts(out, "</h1><p>");
    html_str(out, frame->beneath);
    cdc_buf_puts(out, "</p></div><nav aria-label=\"Pages\">");
    put_link(out, "/", "This agent", !frame->fleet);
    put_link(out, "/fleet", "All agents", frame->fleet);
    cdc_buf_puts(out, "</nav></header>\n<div id=\"stale\" role=\"alert\"></div>\n<main>\n");
}

void frame_end(const struct frame *frame, struct cdc_buf *out)
{
    cdc_buf_puts(
        out,
        "</main>\n<footer><span>Tributary " TRIBUTARY_VERSION "</span><span><a href=\"/metrics\">Metrics</a> "
        "&middot; <a href=\"/status\">Status as JSON</a> &middot; <a href=\"/readyz?verbose\">Readiness</a>"
        "</span></footer>\n");
    cdc_buf_printf(out, "<script nonce=\"%s\">%s</script></body></html>\n", frame->nonce, script);
}

void frame_section(struct cdc_buf *out, const char *id, const char *heading)
{
    cdc_buf_printf(out, "<section id=\"%s\" data-live aria-labelledby=\"%s-h\"><h2 id=\"%s-h\">%s</h2>", id,
                   id, id, heading);
}

void frame_section_end(struct cdc_buf *out)
{
    cdc_buf_puts(out, "</section>\n");
}

void frame_table(struct cdc_buf *out, const char *label, const char *const *columns)
{
    cdc_buf_printf(
        out, "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"%s\"><table><thead><tr>",
        label);
    for (; *columns; columns++) {
        bool number = **columns == '#';
        cdc_buf_printf(out, "<th scope=\"col\"%s>%s</th>", number ? " class=\"n\"" : "", *columns + number);
    }
    cdc_buf_puts(out, "</tr></thead><tbody>");
}

void frame_table_end(struct cdc_buf *out)
{
    cdc_buf_puts(out, "</tbody></table></div>");
}
