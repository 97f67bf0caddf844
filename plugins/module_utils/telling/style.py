# Copyright (c) 2026, stackroll.nova contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The looks of the page: light, dark and on paper, without anything from elsewhere."""

from __future__ import annotations

CSS = """
:root { color-scheme: light dark;
  --page: #f6f7f9; --card: #ffffff; --ink: #1c2430; --soft: #5d6875; --line: #dfe4ea; --band: #f1f4f7;
  --good: #1d7a4c; --good-back: #e3f4ea; --bad: #b3261e; --bad-back: #fbe9e7; --warn: #8a5a00; --warn-back: #fdf1d8;
  --disabled: #e8b84a; --draining: #a678c9; --stopped: #c8553d; --starting: #5b8def; --ready: #5aa97a; --service: #cfd6de; --step: #46566b; }
@media screen and (prefers-color-scheme: dark) { :root {
  --page: #12161c; --card: #1a2028; --ink: #e4e9ef; --soft: #98a4b3; --line: #2d3641; --band: #202833;
  --good: #6fd09b; --good-back: #173527; --bad: #ff9a8f; --bad-back: #40201d; --warn: #f0c365; --warn-back: #3a2f16;
  --disabled: #c7983a; --draining: #b08ad0; --stopped: #d0624b; --starting: #6d9bf5; --ready: #5fb583; --service: #3a4552; --step: #a9b8ca; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--page); color: var(--ink); font: 15px/1.5 system-ui, "Segoe UI", "Liberation Sans", sans-serif; }
main { max-width: 1040px; margin: 0 auto; padding: 32px 20px 48px; }
h1 { font-size: 24px; line-height: 1.3; margin: 10px 0 4px; font-weight: 600; }
h2 { font-size: 16px; margin: 0 0 12px; font-weight: 600; }
p { margin: 0 0 8px; }
.soft { color: var(--soft); }
.pill { display: inline-block; padding: 2px 10px; border-radius: 999px; font-size: 13px; font-weight: 600;
  color: var(--soft); background: var(--band); white-space: nowrap; }
.good { color: var(--good); background: var(--good-back); }
.bad { color: var(--bad); background: var(--bad-back); }
.warn { color: var(--warn); background: var(--warn-back); }
section { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 18px 20px; margin-top: 16px; }
.tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(175px, 1fr)); gap: 12px; margin-top: 20px; }
.tile { background: var(--card); border: 1px solid var(--line); border-radius: 10px; padding: 12px 16px; }
.tile .label { color: var(--soft); font-size: 13px; }
.tile .value { font-size: 24px; font-weight: 600; line-height: 1.3; font-variant-numeric: tabular-nums; }
.tile .note { color: var(--soft); font-size: 13px; }
.scroll { overflow-x: auto; } .scroll + .scroll, .legend + .scroll { margin-top: 14px; }
table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
th, td { text-align: left; padding: 6px 14px 6px 0; border-bottom: 1px solid var(--line); vertical-align: top; overflow-wrap: break-word; }
th { color: var(--soft); font-size: 13px; font-weight: 500; white-space: nowrap; overflow-wrap: normal; }
tr:last-child td { border-bottom: 0; }
td.number, th.number { text-align: right; padding-right: 28px; white-space: nowrap; }
td.tight { white-space: nowrap; }
.failure { border-left: 4px solid var(--bad); padding: 2px 0 2px 14px; margin-bottom: 12px; }
.failure strong { display: block; }
.next { background: var(--band); border-radius: 8px; padding: 10px 14px; margin-top: 12px; }
code { font: 13px/1.5 ui-monospace, "DejaVu Sans Mono", monospace; overflow-wrap: anywhere; }
.timeline { display: block; width: 100%; min-width: 640px; height: auto; font: 12px system-ui, "Liberation Sans", sans-serif; }
.timeline .name { fill: var(--ink); font-size: 13px; }
.timeline .tick { fill: var(--soft); font-size: 11px; }
.timeline .grid { stroke: var(--line); stroke-width: 1; }
.timeline .service { stroke: var(--service); stroke-width: 3; }
.timeline .break { stroke: var(--soft); stroke-width: 1; stroke-dasharray: 4 3; }
.timeline .phase.even { fill: var(--band); } .timeline .phase.odd { fill: transparent; }
.timeline .step { fill: var(--step); }
.timeline .median { stroke: var(--starting); stroke-width: 2; } .timeline .slowest { stroke: var(--starting); stroke-width: 1; opacity: 0.55; }
.timeline .lost { fill: var(--bad); }
.median-key { background: var(--starting); height: 3px !important; vertical-align: middle; }
.slowest-key { background: var(--starting); opacity: 0.55; width: 2px !important; height: 12px !important; }
.lost-key { background: var(--bad); border-radius: 50% !important; width: 9px !important; }
.disabled { fill: var(--disabled); background: var(--disabled); } .draining { fill: var(--draining); background: var(--draining); }
.stopped { fill: var(--stopped); background: var(--stopped); }
.starting { fill: var(--starting); background: var(--starting); } .ready { fill: var(--ready); background: var(--ready); }
.service-key { background: var(--service); } .step-key { background: var(--step); border-radius: 50% !important; width: 9px !important; }
.legend { display: flex; flex-wrap: wrap; gap: 4px 18px; margin-top: 10px; color: var(--soft); font-size: 13px; }
.legend i { display: inline-block; width: 14px; height: 9px; border-radius: 2px; margin-right: 6px; }
summary { cursor: pointer; color: var(--soft); margin-top: 10px; }
footer { color: var(--soft); font-size: 13px; margin-top: 20px; }
@media print {
  body { background: #fff; font-size: 12px; } main { max-width: none; padding: 0; }
  section, .tile { break-inside: avoid; } section.long { break-inside: auto; } tr { break-inside: avoid; }
  * { -webkit-print-color-adjust: exact; print-color-adjust: exact; } }
"""
