namespace Orchestrator.Core.Knowledge.Studies.Reports;

/// <summary>The look of a report, in a light and a dark form. Its two hues, blue and vermilion, are told apart by every form of colour vision (Okabe and Ito 2008).</summary>
internal static class ReportStyle
{
    /// <summary>Fills that are not one colour; under-trained arms are hatched.</summary>
    public const string Patterns =
        "<defs><pattern id=\"hatch\" width=\"6\" height=\"6\" patternUnits=\"userSpaceOnUse\" patternTransform=\"rotate(45)\"><line x1=\"0\" y1=\"0\" x2=\"0\" y2=\"6\" class=\"hatch\"/></pattern></defs>\n";

    /// <summary>Style of drawings.</summary>
    public const string Drawing =
        """
        :root { --paper: #ffffff; --ink: #1b1f24; --soft: #5b6470; --rule: #d9dee4; --ours: #0072b2; --theirs: #c4510a; --on-ours: #ffffff; }
        @media (prefers-color-scheme: dark) { :root { --paper: #14171b; --ink: #e8ebef; --soft: #a2abb6; --rule: #343b44; --ours: #6db7ea; --theirs: #f0935a; --on-ours: #0c1116; } }
        svg text { font: 12px system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; font-variant-numeric: tabular-nums; }
        .paper { fill: var(--paper); } .ink { fill: var(--ink); } .soft { fill: var(--soft); } .strong { fill: var(--ink); font-weight: 600 !important; }
        .ours { fill: var(--ours); } .theirs { fill: var(--theirs); stroke: var(--paper); stroke-width: 1.5; } .theirs-text { fill: var(--theirs); } .on-ours { fill: var(--on-ours); }
        .seed { fill: var(--paper); stroke: var(--ink); stroke-width: 1.2; } .error { stroke: var(--ink); stroke-width: 1.6; } .rule { stroke: var(--rule); stroke-width: 1; }
        .gate { stroke: var(--theirs); stroke-width: 1.5; stroke-dasharray: 4 3; } .hatch { stroke: var(--soft); stroke-width: 1.5; opacity: .35; }
        .untrained { fill: url(#hatch); stroke: var(--soft); stroke-width: 1; } .cell { stroke: var(--rule); stroke-width: 1; fill: var(--ours); } .box { fill: none; stroke: var(--rule); stroke-width: 1; } .own { fill: none; stroke: var(--theirs); stroke-width: 2; }
        .line-0 { stroke: var(--soft); stroke-width: 2; stroke-dasharray: 6 4; } .dot-0 { fill: var(--soft); } .line-1 { stroke: var(--ours); stroke-width: 2; } .dot-1 { fill: var(--ours); }
        .line-2 { stroke: var(--theirs); stroke-width: 2; } .dot-2 { fill: var(--theirs); } .line-3 { stroke: var(--ink); stroke-width: 2; stroke-dasharray: 2 3; } .dot-3 { fill: var(--ink); }
        .line-4 { stroke: none; } .dot-4 { fill: var(--paper); stroke: var(--soft); stroke-width: 2; } .line-5 { stroke: none; } .dot-5 { fill: var(--paper); stroke: var(--ink); stroke-width: 2; }
        .line-6 { stroke: none; } .dot-6 { fill: var(--paper); stroke: var(--ours); stroke-width: 2; } .line-7 { stroke: none; } .dot-7 { fill: var(--paper); stroke: var(--theirs); stroke-width: 2; }
        """;

    /// <summary>Style of the page around them.</summary>
    public const string Page =
        """
        * { box-sizing: border-box; }
        html { color-scheme: light dark; }
        body { margin: 0 auto; padding: 1.5rem clamp(1rem, 4vw, 2.5rem) 4rem; max-width: 70rem; background: var(--paper); color: var(--ink);
          font: 16px/1.55 system-ui, -apple-system, "Segoe UI", Roboto, "DejaVu Sans", sans-serif; }
        h1 { font-size: 1.6rem; line-height: 1.25; margin: 0 0 .25rem; } h2 { font-size: 1.2rem; margin: 2.5rem 0 .4rem; }
        p { max-width: 46rem; margin: .4rem 0 .8rem; } .lead { color: var(--soft); } .panels { display: flex; flex-wrap: wrap; gap: 1.25rem 1.75rem; }
        figure { margin: .8rem 0 0; } .scroll { overflow-x: auto; } .scroll > svg { display: block; }
        figcaption { color: var(--soft); font-size: .9rem; max-width: 46rem; margin-top: .5rem; }
        table { border-collapse: collapse; font-size: .85rem; font-variant-numeric: tabular-nums; } th, td { padding: .3rem .7rem .3rem 0; text-align: right; border-bottom: 1px solid var(--rule); white-space: nowrap; }
        th:first-child, td:first-child, td.text, th.text { text-align: left; } td.why { white-space: normal; min-width: 16rem; } th { color: var(--soft); font-weight: 600; } code { font-size: .8rem; }
        .cards { display: grid; grid-template-columns: repeat(auto-fit, minmax(11rem, 1fr)); gap: .8rem; margin: 1.2rem 0; padding: 0; list-style: none; }
        .cards li { border: 1px solid var(--rule); border-radius: .5rem; padding: .7rem .9rem; } .cards b { display: block; font-size: 1.5rem; line-height: 1.2; } .cards span { color: var(--soft); font-size: .85rem; }
        details { margin: .5rem 0; font-size: .85rem; } summary { cursor: pointer; } pre { margin: .4rem 0; padding: .6rem .8rem; border: 1px solid var(--rule); border-radius: .5rem; font-size: .8rem; line-height: 1.4; white-space: pre-wrap; overflow-wrap: anywhere; }
        .warn { border-left: 3px solid var(--theirs); padding: .2rem 0 .2rem .8rem; } a { color: var(--ours); }
        """;
}
