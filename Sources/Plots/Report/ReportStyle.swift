/// The looks of a report, on screens light and dark and on paper.
enum ReportStyle {
  static let sheet = """
    :root { color-scheme: light dark; --page: #ffffff; --ink: #1f2429; --muted: #5d666e; --line: #d9dee3;
      --stripe: #f6f8f9; }
    @media (prefers-color-scheme: dark) { :root { --page: #16191c; --ink: #e4e7ea; --muted: #a3abb3;
      --line: #3a4148; --stripe: #1e2327; } }
    * { box-sizing: border-box; }
    body { margin: 0; background: var(--page); color: var(--ink);
      font: 16px/1.55 Helvetica, Arial, "Liberation Sans", sans-serif; }
    main { max-width: 860px; margin: 0 auto; padding: 40px 24px 56px; }
    h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 4px; overflow-wrap: anywhere; }
    h2 { font-size: 1.25rem; line-height: 1.3; margin: 44px 0 12px; padding-top: 14px;
      border-top: 1px solid var(--line); overflow-wrap: anywhere; }
    p { margin: 0 0 14px; max-width: 46em; overflow-wrap: anywhere; }
    .subtitle { color: var(--muted); font-size: 1.05rem; }
    figure { margin: 18px 0 24px; }
    figure svg { display: block; width: 100%; height: auto; border: 1px solid var(--line); border-radius: 4px; }
    figcaption, caption { color: var(--muted); font-size: .88rem; text-align: left; }
    figcaption { margin-top: 8px; }
    caption { padding: 0 0 8px; }
    .table { overflow-x: auto; margin: 18px 0 24px; }
    table { border-collapse: collapse; font-size: .92rem; font-variant-numeric: tabular-nums; }
    th, td { padding: 5px 14px 5px 10px; text-align: left; vertical-align: top; }
    thead th { border-bottom: 2px solid var(--line); white-space: nowrap; }
    tbody tr { border-bottom: 1px solid var(--line); }
    .table tbody tr:nth-child(even) { background: var(--stripe); }
    .number { text-align: right; white-space: nowrap; }
    .facts { margin: 22px 0 8px; }
    .facts th { font-weight: normal; color: var(--muted); padding-left: 0; padding-right: 28px; }
    pre { background: var(--stripe); border: 1px solid var(--line); border-radius: 4px; padding: 12px 14px;
      overflow-x: auto; font: .85rem/1.45 ui-monospace, Menlo, Consolas, "Liberation Mono", monospace; }
    footer { margin-top: 48px; padding-top: 12px; border-top: 1px solid var(--line); color: var(--muted);
      font-size: .85rem; }
    @media print {
      :root { --page: #ffffff; --ink: #000000; --muted: #444444; --line: #bbbbbb; --stripe: #f4f4f4; }
      main { max-width: none; padding: 0; }
      body { font-size: 11pt; }
      h2 { break-after: avoid; }
      figure, tr, pre, .short { break-inside: avoid; }
      figure svg { border: none; width: 86%; }
      .table { overflow: visible; }
      thead { display: table-header-group; }
      * { -webkit-print-color-adjust: exact; print-color-adjust: exact; }
    }
    """
}
