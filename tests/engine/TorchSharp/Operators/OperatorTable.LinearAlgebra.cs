using static Orchestrator.Tests.Engine.TorchSharp.OperatorCase;
using static TorchSharp.torch;

namespace Orchestrator.Tests.Engine.TorchSharp;

internal static partial class OperatorTable
{
    private static IEnumerable<OperatorCase> LinearAlgebra() =>
    [
        Two("matmul", "r2,3 r3,4|r3 r3|r2,3 r3|r3 r3,2|r2,2,3 r3,4|r2,1,2,3 r3,3,4", (x, y) => x.matmul(y), "a @ b"),
        Two("mm", "r2,3 r3,4|r2,0 r0,3", (x, y) => x.mm(y), "a @ b"),
        Two("mv", "r2,3 r3", (x, y) => x.mv(y), "a @ b"),
        Two("bmm", "r2,2,3 r2,3,2", (x, y) => x.bmm(y), "a @ b"),
        Two("dot", "r4 r4", (x, y) => x.dot(y), "a @ b"),
        Two("vdot", "r4 r4", (x, y) => x.vdot(y), "np.vdot(a, b)"),
        Two("outer", "r4 r3", (x, y) => x.outer(y), "np.outer(a, b)"),
        Two("inner", "r2,3 r4,3", (x, y) => x.inner(y), "np.inner(a, b)"),
        Three("addmm", "r2,4 r2,3 r3,4|r4 r2,3 r3,4", (x, y, z) => x.addmm(y, z, 0.5f, 2f), "0.5 * a + 2 * (b @ c)"),
        Three("addmv", "r2 r2,3 r3", (x, y, z) => x.addmv(y, z, 0.5f, 2f), "0.5 * a + 2 * (b @ c)"),
        Three("addr", "r2,3 r2 r3", (x, y, z) => x.addr(y, z, 0.5f, 2f), "0.5 * a + 2 * np.outer(b, c)"),
        Three("addbmm", "r2,4 r3,2,3 r3,3,4", (x, y, z) => x.addbmm(y, z, 0.5f, 2f), "0.5 * a + 2 * (b @ c).sum(0)"),
        Three("baddbmm", "r3,2,4 r3,2,3 r3,3,4", (x, y, z) => x.baddbmm(y, z, 0.5f, 2f), "0.5 * a + 2 * (b @ c)"),
        Two("tensordot", "r2,3,4 r4,3,5", (x, y) => x.tensordot(y, [1, 2], [1, 0]), "np.tensordot(a, b, ([1, 2], [1, 0]))"),
        Two("einsum", "r2,3,4 r2,5,4", (x, y) => einsum("bij,bkj->bik", x, y), "np.einsum('bij,bkj->bik', a, b)"),
        Three("chain_matmul", "r2,3 r3,4 r4,2", (x, y, z) => chain_matmul(x, y, z), "a @ b @ c"),
        Three("linear", "r2,3,4 r5,4 r5", (x, w, b) => nn.functional.linear(x, w, b), "a @ b.T + c"),
        Two("linear without bias", "r2,4 r5,4|r4 r5,4", (x, w) => nn.functional.linear(x, w), "a @ b.T"),
        Two("cdist", "r3,4 r2,4", (x, y) => cdist(x, y), "np.sqrt(((a[:, None] - b[None]) ** 2).sum(-1))"),
        One("cholesky", "s3", x => x.add(x.t()).div(2).cholesky(), "np.linalg.cholesky((a + a.T) / 2)"),
        One("inverse", "s3", x => x.inverse(), "np.linalg.inv(a)"),
        One("det", "s3", x => x.det(), "np.linalg.det(a)"),
        One("logdet", "s3", x => x.logdet(), "np.log(np.linalg.det(a))"),
        One("pinverse", "r4,2", x => x.pinverse(), "np.linalg.pinv(a)"),
        One("matrix_power", "r3,3", x => x.matrix_power(3), "a @ a @ a"),
        One("matrix_exp", "r3,3", x => x.matrix_exp(), "expm(a)"),
        One("cholesky_inverse", "s3", x => x.tril().cholesky_inverse(), "np.linalg.inv(np.tril(a) @ np.tril(a).T)"),
        Two("cholesky_solve", "r3,2 s3", (b, x) => b.cholesky_solve(x.tril()), "np.linalg.solve(np.tril(b) @ np.tril(b).T, a)"),
    ];

    private static IEnumerable<OperatorCase> Losses() =>
    [
        Two("mse_loss", "r2,3 r2,3", (x, y) => nn.functional.mse_loss(x, y), "((a - b) ** 2).mean()"),
        Two("mse_loss, summed", "r2,3 r2,3", (x, y) => nn.functional.mse_loss(x, y, nn.Reduction.Sum), "((a - b) ** 2).sum()"),
        Two("l1_loss", "r2,3 r2,3", (x, y) => nn.functional.l1_loss(x, y), "np.abs(a - b).mean()"),
        Two("smooth_l1_loss", "r2,3 r2,3", (x, y) => nn.functional.smooth_l1_loss(x, y, beta: 0.8), "np.where(np.abs(a - b) < 0.8, (a - b) ** 2 / 1.6, np.abs(a - b) - 0.4).mean()"),
        Two("huber_loss", "r2,3 r2,3", (x, y) => nn.functional.huber_loss(x, y, delta: 0.8), "np.where(np.abs(a - b) < 0.8, (a - b) ** 2 / 2, 0.8 * (np.abs(a - b) - 0.4)).mean()"),
        Two("binary_cross_entropy", "u2,3 m2,3", (x, y) => nn.functional.binary_cross_entropy(x.sigmoid(), y.to(float64)), "-np.where(b, np.log(sigmoid(a)), np.log(1 - sigmoid(a))).mean()"),
        Two("binary_cross_entropy_with_logits", "r2,3 m2,3", (x, y) => nn.functional.binary_cross_entropy_with_logits(x, y.to(float64)), "-np.where(b, np.log(sigmoid(a)), np.log(1 - sigmoid(a))).mean()"),
        Two("kl_div", "r2,3 r2,3", (x, y) => nn.functional.kl_div(x, y, log_target: true, nn.Reduction.Sum), "(np.exp(b) * (b - a)).sum()"),
        Two("cross_entropy", "r4,6 i4", (x, y) => nn.functional.cross_entropy(x, y.sub(1)), "-np.log(softmax(a, 1))[range(4), b - 1].mean()"),
        Two("cross_entropy with smoothing", "r4,6 i4", (x, y) => nn.functional.cross_entropy(x, y.sub(1), label_smoothing: 0.1), "-(0.9 * np.log(softmax(a, 1))[range(4), b - 1] + 0.1 * np.log(softmax(a, 1)).mean(1)).mean()"),
        Two("nll_loss", "r4,6 i4", (x, y) => nn.functional.nll_loss(x, y.sub(1), reduction: nn.Reduction.None), "-a[range(4), b - 1]"),
        Three("layer_norm", "r2,3,4 r4 r4", (x, w, b) => nn.functional.layer_norm(x, [4], w, b), "normalized(a, -1) * b + c"),
        Three("group_norm", "r2,4,3 r4 r4", (x, w, b) => nn.functional.group_norm(x, 2, w, b), "normalized(a.reshape(2, 2, 6), -1).reshape(2, 4, 3) * b[:, None] + c[:, None]"),
        Three("batch_norm", "r4,3 r3 r3", (x, w, b) => nn.functional.batch_norm(x, null, null, w, b, training: true), "normalized(a, 0) * b + c"),
        One("normalize", "r3,4", x => nn.functional.normalize(x), "a / np.sqrt((a * a).sum(1, keepdims=True))"),
        Two("cosine_similarity", "r3,4 r3,4", (x, y) => nn.functional.cosine_similarity(x, y), "(a * b).sum(1) / np.sqrt((a * a).sum(1) * (b * b).sum(1))"),
        Two("pairwise_distance", "r3,4 r3,4", (x, y) => nn.functional.pairwise_distance(x, y), "np.sqrt(((a - b + 1e-6) ** 2).sum(1))"),
    ];
}
