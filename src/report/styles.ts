/** @file The style sheet of the report: readable on a phone, by day and night, and in print. */
import { themeRules } from "./palette.ts";

const tones = `
:root{--good:#0b6b3a;--good-bg:#e8f5ee;--warn:#8a5a00;--warn-bg:#fdf3dd;--bad:#a32116;--bad-bg:#fdecea;--neutral:#46525f;--neutral-bg:#eef1f4;--line:#d5dae0;--page:#f6f7f9;--code:#eef1f4;--link:#0b5fa5}
@media (prefers-color-scheme:dark){:root{--good:#6fdc9f;--good-bg:#12301f;--warn:#f3c565;--warn-bg:#332a10;--bad:#ff9a8d;--bad-bg:#3b1714;--neutral:#b4bec9;--neutral-bg:#222a33;--line:#39424d;--page:#0f1318;--code:#222a33;--link:#6cb6f5}}
@media print{:root{--good:#0b6b3a;--good-bg:#fff;--warn:#8a5a00;--warn-bg:#fff;--bad:#a32116;--bad-bg:#fff;--neutral:#46525f;--neutral-bg:#fff;--line:#bbb;--page:#fff;--code:#f3f3f3;--link:#1b222c}}`;

const base = `
*{box-sizing:border-box}
html{-webkit-text-size-adjust:100%}
body{margin:0;background:var(--page);color:var(--f-ink);font:16px/1.5 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",Arial,sans-serif}
main{max-width:60rem;margin:0 auto;padding:1.5rem 1.25rem 3rem}
h1,h2,h3{line-height:1.25;margin:0;text-wrap:balance}
h1{font-size:1.6rem}
h2{font-size:1.3rem}
h3{font-size:1rem}
p{margin:.5rem 0}
sub,sup{font-size:.75em;line-height:0}
a{color:var(--link)}
pre,code{font-family:ui-monospace,SFMono-Regular,Menlo,Consolas,"DejaVu Sans Mono",monospace;font-size:.88em}
pre{background:var(--code);padding:.75rem 1rem;border-radius:6px;white-space:pre-wrap;overflow-wrap:anywhere;margin:.5rem 0}
.kicker{color:var(--f-faint);font-size:.82rem;letter-spacing:.06em;text-transform:uppercase;margin:0}
.subject{overflow-wrap:anywhere;margin:.35rem 0 0}
.card{background:var(--f-paper);border:1px solid var(--line);border-radius:10px;padding:1.1rem 1.25rem;margin-top:1.25rem}
.verdict{border-left:6px solid var(--tone);background:var(--tone-bg)}
.verdict p{font-size:1.18rem;font-weight:600;margin:.2rem 0 0;overflow-wrap:anywhere}
.verdict .rest{font-size:1rem;font-weight:400;display:block;margin-top:.35rem}
.tag{display:inline-block;font-size:.78rem;font-weight:700;letter-spacing:.03em;color:var(--tone);text-transform:uppercase}
.good{--tone:var(--good);--tone-bg:var(--good-bg)}
.warn{--tone:var(--warn);--tone-bg:var(--warn-bg)}
.bad{--tone:var(--bad);--tone-bg:var(--bad-bg)}
.neutral{--tone:var(--neutral);--tone-bg:var(--neutral-bg)}
.facts{display:grid;grid-template-columns:max-content 1fr;gap:.15rem 1.25rem;margin:.75rem 0 0;font-size:.94rem}
.facts dt{color:var(--f-faint)}
.facts dd{margin:0;overflow-wrap:anywhere}
nav{margin-top:1rem;font-size:.92rem}
nav a{margin-right:1rem;white-space:nowrap}`;

const sections = `
section h2+.question{color:var(--f-faint);font-size:1.02rem;margin:.25rem 0 .75rem}
.findings{list-style:none;padding:0;margin:.5rem 0}
.findings li{border-left:4px solid var(--tone);padding:.1rem 0 .1rem .75rem;margin:.5rem 0;overflow-wrap:anywhere}
figure{margin:1.25rem 0;break-inside:avoid}
figcaption{font-size:.92rem;color:var(--f-faint);margin-top:.4rem}
figure h3{margin-bottom:.5rem}
.fathom-figure{display:block;width:100%}
.phone .fathom-figure,.phone{display:none}
table{border-collapse:collapse;width:100%;font-size:.94rem;margin:.75rem 0}
caption{text-align:left;font-weight:600;padding-bottom:.35rem}
caption .note{font-weight:400}
.numbers td:first-child{width:34%}
th{text-align:left;white-space:nowrap;font-weight:600;color:var(--f-faint);border-bottom:2px solid var(--line)}
th,td{padding:.38rem .75rem .38rem 0;vertical-align:top;overflow-wrap:break-word}
td{border-bottom:1px solid var(--line)}
tr{break-inside:avoid}
.value{font-variant-numeric:tabular-nums;white-space:nowrap}
.num{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.kind{white-space:nowrap;font-size:.86rem}
.kind::before{content:"";display:inline-block;width:.62em;height:.62em;margin-right:.45em;background:var(--mark)}
.kind.theory{--mark:var(--f-theory)}
.kind.measured{--mark:var(--f-measured)}
.kind.measured::before{border-radius:50%}
.kind.bound{--mark:var(--f-bound)}
.kind.setting{--mark:transparent}
.note{color:var(--f-faint);font-size:.9rem}
.notes{font-size:.92rem;color:var(--f-faint);padding-left:1.2rem}
.scroll{overflow-x:auto}
.advice td:first-child{font-weight:600}`;

const phone = `
@media (max-width:600px){
main{padding:1rem .75rem 2rem}
h1{font-size:1.35rem}
.card{padding:.9rem .9rem}
.verdict p{font-size:1.08rem}
.facts{grid-template-columns:minmax(0,max-content) 1fr;gap:.2rem .9rem}
.wide{display:none}
.phone,.phone .fathom-figure{display:block;width:100%}
.stack thead{display:none}
.stack caption{display:block}
.stack,.stack tbody,.stack tr,.stack td{display:block;width:100%}
.stack tr{border-bottom:1px solid var(--line);padding:.5rem 0}
.stack td{border:0;padding:.12rem 0}
.stack td:empty{display:none}
.value{white-space:normal}
.stack td[data-label]::before{content:attr(data-label) ": ";color:var(--f-faint);font-weight:400}
.stack td:first-child{font-weight:600}
.numbers td:not(:first-child){display:inline-block;width:auto;margin-right:.9rem}
.numbers td:first-child{width:100%}
.stack td:first-child::before{content:none!important}
}`;

const print = `
@media print{
@page{margin:16mm 14mm}
body{font-size:10.5pt;background:#fff}
main{max-width:none;padding:0}
.card{border:0;border-radius:0;padding:0;margin-top:14pt}
.verdict{padding:.5rem .9rem;border-left:6px solid var(--tone);border-top:1px solid var(--line);border-bottom:1px solid var(--line)}
h2,h3,.question{break-after:avoid}
.findings li,.facts,pre{break-inside:avoid}
section h2,.question{break-after:avoid-page}
nav{display:none}
a{text-decoration:none}
.scroll{overflow:visible}
}`;

/** The whole style sheet. */
export const styleSheet = [themeRules(":root"), tones, base, sections, phone, print].join("\n");
