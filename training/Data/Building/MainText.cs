using System.Text;
using AngleSharp.Dom;
using AngleSharp.Html.Parser;

namespace Orchestrator.Training.Data.Building;

/// <summary>The running text of an HTML page: what a reader reads, a line for each block. Thread-safe.</summary>
/// <remarks>Left out: navigation, page headers and footers, forms, code blocks, tables of data, scripts and what is hidden.</remarks>
internal static class MainText
{
    /// <summary>Characters from which on a page is parsed alone: its tree takes up to fifty times as much memory.</summary>
    private const int LargePage = 1 << 20;

    private static readonly Lock s_large = new();
    private static readonly HtmlParserOptions s_options = new() { IsScripting = false };

    private static readonly HashSet<string> s_dropped = new(StringComparer.Ordinal)
    {
        "script", "style", "noscript", "template", "head", "nav", "footer", "aside", "form", "button", "select", "textarea", "input",
        "svg", "math", "canvas", "iframe", "object", "embed", "audio", "video", "map", "pre", "xmp", "listing", "samp", "dialog", "menu",
    };

    private static readonly HashSet<string> s_blocks = new(StringComparer.Ordinal)
    {
        "address", "article", "blockquote", "body", "caption", "center", "dd", "details", "div", "dl", "dt", "fieldset", "figcaption",
        "figure", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hgroup", "hr", "legend", "li", "main", "ol", "p", "section", "summary",
        "table", "tbody", "td", "tfoot", "th", "thead", "tr", "ul",
    };

    private static readonly HashSet<string> s_droppedRoles = new(StringComparer.Ordinal)
    {
        "navigation", "banner", "contentinfo", "search", "complementary", "menu", "menubar", "toolbar", "dialog",
    };

    private static readonly HashSet<string> s_droppedClasses = new(StringComparer.OrdinalIgnoreCase)
    {
        "nav", "navbar", "navigation", "navheader", "navfooter", "menu", "sidebar", "sphinxsidebar", "breadcrumb", "breadcrumbs", "footer",
        "site-footer", "site-header", "page-header", "page-footer", "toc", "table-of-contents", "headerlink", "related", "highlight",
        "codehilite", "skip-link", "cookie-banner", "copyright", "legalnotice",
    };

    /// <summary>The text, lines joined by '\n'.</summary>
    public static string Of(string html)
    {
        if (html.Length <= LargePage)
        {
            return Parse(html);
        }

        lock (s_large)
        {
            // What the large page before it took is free, and the collector does not know yet.
            GC.Collect();
            return Parse(html);
        }
    }

    private static string Parse(string html)
    {
        var document = new HtmlParser(s_options).ParseDocument(html);
        using (document)
        {
            var root = document.QuerySelector("main, [role=main]") ?? (INode?)Only(document.QuerySelectorAll("article")) ?? document.Body;
            return root is null ? "" : Walk(root);
        }
    }

    private static IElement? Only(IHtmlCollection<IElement> elements) => elements.Length == 1 ? elements[0] : null;

    private static string Walk(INode root)
    {
        // Without recursion: pages may nest as deep as they like. And by places among the children: a node's next sibling is searched for among all of them.
        var text = new StringBuilder();
        var line = new StringBuilder();
        var open = new Stack<(INode Node, int Next)>();
        open.Push((root, 0));
        while (open.TryPop(out var place))
        {
            var (parent, next) = place;
            if (next == 0 && IsBlock(parent))
            {
                EndLine(text, line);
            }

            if (next == parent.ChildNodes.Length)
            {
                if (IsBlock(parent))
                {
                    EndLine(text, line);
                }

                continue;
            }

            open.Push((parent, next + 1));
            var node = parent.ChildNodes[next];
            if (node is IText words)
            {
                AppendCollapsed(line, words.Data);
            }
            else if (node is IElement element && IsDropped(element))
            {
                if (IsBlock(element) || element.LocalName is "br" or "pre")
                {
                    EndLine(text, line);
                }
            }
            else if (node is IElement { LocalName: "br" })
            {
                EndLine(text, line);
            }
            else if (node.HasChildNodes)
            {
                open.Push((node, 0));
            }
            else if (IsBlock(node))
            {
                EndLine(text, line);
            }
        }

        EndLine(text, line);
        return text.ToString();
    }

    private static bool IsBlock(INode node) => node is IElement element && s_blocks.Contains(element.LocalName);

    private static bool IsDropped(IElement element)
    {
        var name = element.LocalName;
        if (s_dropped.Contains(name) || element.HasAttribute("hidden") || element.GetAttribute("aria-hidden") == "true")
        {
            return true;
        }

        if (element.GetAttribute("role") is { } role && s_droppedRoles.Contains(role))
        {
            return true;
        }

        if (name == "header" && element.ParentElement?.LocalName is "body")
        {
            return true;
        }

        // A table with headings lays out a page; another one holds data.
        if (name == "table" && element.GetAttribute("role") != "presentation" && element.QuerySelector("h1, h2, h3") is null)
        {
            return true;
        }

        var classes = element.ClassName;
        if (!string.IsNullOrEmpty(classes))
        {
            foreach (var part in classes.AsSpan().Split(' '))
            {
                if (s_droppedClasses.GetAlternateLookup<ReadOnlySpan<char>>().Contains(classes.AsSpan(part)))
                {
                    return true;
                }
            }
        }

        return element.Id is { Length: > 0 } id && s_droppedClasses.Contains(id);
    }

    private static void AppendCollapsed(StringBuilder line, string words)
    {
        foreach (var character in words)
        {
            if (!char.IsWhiteSpace(character))
            {
                line.Append(character);
            }
            else if (line.Length > 0 && line[^1] != ' ')
            {
                line.Append(' ');
            }
        }
    }

    private static void EndLine(StringBuilder text, StringBuilder line)
    {
        while (line.Length > 0 && line[^1] == ' ')
        {
            line.Length--;
        }

        if (line.Length > 0)
        {
            text.Append(text.Length > 0 ? "\n" : "").Append(line);
            line.Clear();
        }
    }
}
