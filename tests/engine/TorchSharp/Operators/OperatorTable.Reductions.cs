using static Orchestrator.Tests.Engine.TorchSharp.OperatorCase;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Engine.TorchSharp;

internal static partial class OperatorTable
{
    private static int[] Dimensions => [0, 1, -1, -2];

    // Over all elements, over each dimension counted from either end, and over two at once.
    private static IEnumerable<OperatorCase> Reductions() =>
    [
        One("sum", "r2,3|r5|r|r0", x => x.sum(), "a.sum()"),
        .. Along("sum", (x, dim) => x.sum(dim), "a.sum({0})"),
        One("sum of two dimensions", "r2,3,4", x => x.sum([0, -1], keepdim: true), "a.sum((0, 2), keepdims=True)"),
        One("sum as another type", "i2,3", x => x.sum(0, type: float64), "a.sum(0).astype(float)", gradient: Gradient.None),
        One("mean", "r2,3|r5|r", x => x.mean(), "a.mean()"),
        .. Along("mean", (x, dim) => x.mean([dim], keepdim: true), "a.mean({0}, keepdims=True)"),
        One("prod", "r2,3|r5|r", x => x.prod(), "a.prod()"),
        .. Along("prod", (x, dim) => x.prod(dim), "a.prod({0})"),
        One("nansum", "r2,3|r5", x => x.log().nansum(), "np.nansum(np.log(a))"),
        One("nanmean", "p2,3", x => x.nanmean(1, keepdim: true), "np.nanmean(a, 1, keepdims=True)"),
        One("median", "r5|r3,3", x => x.median(), "np.median(a)"),
        One("nanmedian", "r5|r3,3", x => x.nanmedian(), "np.nanmedian(a)"),
        Many("mode", "i3,5", t => [t[0].remainder(2).mode(-1).values], "np.where((a % 2).sum(-1) > 2, 1, 0)", gradient: Gradient.None),
        Two("quantile", "r2,5 U2", (x, q) => x.quantile(q.abs(), 1), "np.quantile(a, np.abs(b), 1)"),
        Two("nanquantile", "r2,5 U2", (x, q) => x.nanquantile(q.abs(), -1, keepdim: true), "np.nanquantile(a, np.abs(b), -1, keepdims=True)"),
        One("max", "r2,3|r5|r", x => x.max(), "a.max()"),
        One("min", "r2,3|r5|r", x => x.min(), "a.min()"),
        .. Along("max", t => [t.X.max(t.Dim).values, t.X.max(t.Dim).indexes], "a.max({0}), a.argmax({0})"),
        .. Along("min", t => [t.X.min(t.Dim).values, t.X.min(t.Dim).indexes], "a.min({0}), a.argmin({0})"),
        .. Along("amax", (x, dim) => x.amax([dim], keepdim: true), "a.max({0}, keepdims=True)"),
        .. Along("amin", (x, dim) => x.amin(dim), "a.min({0})"),
        Many("aminmax", "r2,3|r5", t => [t[0].aminmax(-1).min, t[0].aminmax(-1).max], "a.min(-1), a.max(-1)", Gradient.MayBeMissing),
        One("argmax", "r2,3|r5", x => x.argmax(), "a.argmax()", gradient: Gradient.None),
        One("argmin", "r2,3|r5", x => x.argmin(-1, keepdim: true), "a.argmin(-1, keepdims=True)", gradient: Gradient.None),
        One("all", "m2,3|m5|m0", x => x.all(), "a.all()", gradient: Gradient.None),
        One("any", "m2,3|m5|m0", x => x.any(), "a.any()", gradient: Gradient.None),
        One("all of a dimension", "m2,3", x => x.all(-1), "a.all(-1)", gradient: Gradient.None),
        One("any of a dimension", "m2,3", x => x.any(0, keepdim: true), "a.any(0, keepdims=True)", gradient: Gradient.None),
        .. Along("logsumexp", (x, dim) => x.logsumexp(dim, keepdim: true), "logsumexp(a, {0}, True)"),
        .. Along("logcumsumexp", (x, dim) => x.logcumsumexp(dim), "np.logaddexp.accumulate(a, {0})"),
        .. Along("cumsum", (x, dim) => x.cumsum(dim), "a.cumsum({0})"),
        .. Along("cumprod", (x, dim) => x.cumprod(dim), "a.cumprod({0})"),
        .. Along("cummax", t => [t.X.cummax(t.Dim).values], "running(np.maximum, a, {0})"),
        .. Along("cummin", t => [t.X.cummin(t.Dim).values], "running(np.minimum, a, {0})"),
        .. Along("softmax", (x, dim) => x.softmax(dim), "softmax(a, {0})"),
        .. Along("log_softmax", (x, dim) => x.log_softmax(dim), "np.log(softmax(a, {0}))"),
        One("norm", "r2,3|r5", x => x.norm(), "np.sqrt((a * a).sum())"),
        One("norm of degree 3", "r2,3|r5", x => x.norm(3f), "(np.abs(a) ** 3).sum() ** (1 / 3)"),
        .. Along("norm", (x, dim) => x.norm((int)dim, keepdim: true, 3f), "(np.abs(a) ** 3).sum({0}, keepdims=True) ** (1 / 3)"),
        Two("dist", "r2,3 r2,3", (x, y) => x.dist(y, 3f), "(np.abs(a - b) ** 3).sum() ** (1 / 3)"),
        One("std", "r2,3|r5", x => x.std(), "a.std(ddof=1)"),
        One("var", "r2,3|r5", x => x.var(unbiased: false), "a.var()"),
        .. Along("std", (x, dim) => x.std(dim, unbiased: false, keepdim: true), "a.std({0}, keepdims=True)"),
        .. Along("var", (x, dim) => x.var(dim), "a.var({0}, ddof=1)"),
        Many("std_mean", "r2,3", t => [t[0].std_mean().std, t[0].std_mean().mean], "a.std(ddof=1), a.mean()"),
        Many("var_mean", "r2,3", t => [t[0].var_mean().var, t[0].var_mean().mean], "a.var(ddof=1), a.mean()"),
        .. Along("std_mean", t => [t.X.std_mean(t.Dim, false).std, t.X.std_mean(t.Dim, false).mean], "a.std({0}), a.mean({0})"),
        .. Along("var_mean", t => [t.X.var_mean(t.Dim).var, t.X.var_mean(t.Dim).mean], "a.var({0}, ddof=1), a.mean({0})"),
        One("count_nonzero", "m2,3|i5", x => x.count_nonzero(), "np.count_nonzero(a)", gradient: Gradient.None),
        One("count_nonzero of a dimension", "m2,3", x => x.count_nonzero([-1]), "np.count_nonzero(a, -1)", gradient: Gradient.None),
        Two("bincount", "i8 R8", (x, w) => x.bincount(w, 9), "np.bincount(a, b, 9)", gradient: Gradient.None),
        One("histc", "R20", x => x.histc(4, -2, 2), "np.histogram(a, 4, (-2, 2))[0]", gradient: Gradient.None),
        One("trace", "r3,3|r2,3", x => x.trace(), "np.trace(a)"),
        One("renorm", "r3,4", x => x.renorm(2f, 0, 1.5f), "renorm(a, 2, 1.5)"),
        One("cov", "r3,5", x => x.cov(), "np.cov(a)"),
        One("corrcoef", "r3,5", x => x.corrcoef(), "np.corrcoef(a)"),
        .. Along("diff", (x, dim) => x.diff(1, dim), "np.diff(a, 1, {0})"),
        One("trapezoid", "r2,4|r4", x => x.trapezoid(0.5), "((a[..., 1:] + a[..., :-1]) / 2).sum(-1) * 0.5"),
        Two("trapezoid over places", "r2,4 p4", (y, x) => y.trapezoid(x.cumsum(0)), "trapezoids(a, np.cumsum(b))[..., -1]"),
        One("cumulative_trapezoid", "r2,4", x => x.cumulative_trapezoid(0.5), "np.cumsum((a[..., 1:] + a[..., :-1]) / 2, -1) * 0.5"),
        Two("cumulative_trapezoid over places", "r2,4 p4", (y, x) => y.cumulative_trapezoid(x.cumsum(0)), "trapezoids(a, np.cumsum(b))"),
    ];

    private static IEnumerable<OperatorCase> Along(string name, Func<Tensor, long, Tensor> run, string numpy) =>
        Dimensions.Select(dim => One($"{name} along {dim}", "r2,3|r3,2,2", x => run(x, dim), string.Format(null, numpy, dim)));

    private static IEnumerable<OperatorCase> Along(string name, Func<(Tensor X, long Dim), IEnumerable<Tensor>> run, string numpy) =>
        Dimensions.Select(dim => Many($"{name} along {dim}", "r2,3|r3,2,2", t => run((t[0], dim)), string.Format(null, numpy, dim)));
}
