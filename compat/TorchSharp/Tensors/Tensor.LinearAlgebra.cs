using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Products of matrices and vectors.
    public partial class Tensor
    {
        public Tensor matmul(Tensor target) => Ops.matmul.Call(this, target);

        public Tensor mm(Tensor target) => Ops.mm.Call(this, target);

        public Tensor mv(Tensor target) => Ops.mv.Call(this, target);

        public Tensor bmm(Tensor batch2) => Ops.bmm.Call(this, batch2);

        public Tensor dot(Tensor target) => Ops.dot.Call(this, target);

        public Tensor vdot(Tensor target) => Ops.vdot.Call(this, target);

        public Tensor outer(Tensor vec2) => Ops.outer.Call(this, vec2);

        public Tensor ger(Tensor vec2) => Ops.outer.Call(this, vec2);

        public Tensor inner(Tensor vec2) => Ops.inner.Call(this, vec2);

        public Tensor addmm(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1) => Ops.addmm.Call(this, mat1, mat2, (double)beta, (double)alpha);

        public Tensor addmm_(Tensor mat1, Tensor mat2, float beta = 1, float alpha = 1)
        {
            Ops.addmm_.Run(this, mat1, mat2, (double)beta, (double)alpha);
            return this;
        }

        public Tensor addmv(Tensor mat, Tensor vec, float beta = 1.0f, float alpha = 1.0f) => Ops.addmv.Call(this, mat, vec, (double)beta, (double)alpha);

        public Tensor addmv_(Tensor mat, Tensor vec, float beta = 1.0f, float alpha = 1.0f)
        {
            Ops.addmv_.Run(this, mat, vec, (double)beta, (double)alpha);
            return this;
        }

        public Tensor addr(Tensor vec1, Tensor vec2, float beta = 1.0f, float alpha = 1.0f) => Ops.addr.Call(this, vec1, vec2, (double)beta, (double)alpha);

        public Tensor addr_(Tensor vec1, Tensor vec2, float beta = 1.0f, float alpha = 1.0f)
        {
            Ops.addr_.Run(this, vec1, vec2, (double)beta, (double)alpha);
            return this;
        }

        public Tensor addbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) => Ops.addbmm.Call(this, batch1, batch2, (double)beta, (double)alpha);

        public Tensor addbmm_(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1)
        {
            Ops.addbmm_.Run(this, batch1, batch2, (double)beta, (double)alpha);
            return this;
        }

        public Tensor baddbmm(Tensor batch1, Tensor batch2, float beta = 1, float alpha = 1) => Ops.baddbmm.Call(this, batch1, batch2, (double)beta, (double)alpha);

        public Tensor tensordot(Tensor b, long[] dims1, long[] dims2) => Ops.tensordot.Call(this, b, dims1, dims2);

        public Tensor cholesky(bool upper = false) => Ops.cholesky.Call(this, upper);

        public Tensor inverse() => Ops.inverse.Call(this);

        public Tensor det() => Ops.linalg_det.Call(this);

        public Tensor logdet() => Ops.logdet.Call(this);

        public Tensor matrix_power(int n) => Ops.matrix_power.Call(this, (long)n);

        public Tensor matrix_exp() => Ops.matrix_exp.Call(this);

        public Tensor cholesky_inverse(bool upper = false) => Ops.cholesky_inverse.Call(this, upper);

        public Tensor cholesky_solve(Tensor input2, bool upper = false) => Ops.cholesky_solve.Call(this, input2, upper);

        public Tensor pinverse(double rcond = 1e-15, bool hermitian = false) => Ops.linalg_pinv.Call(this, rcond, hermitian);

        public Tensor trapezoid(double dx = 1, long dim = -1) => Ops.trapezoid_dx.Call(this, dx, dim);

        public Tensor trapezoid(Tensor x, long dim = -1) => Ops.trapezoid_x.Call(this, x, dim);

        public Tensor cumulative_trapezoid(double dx = 1, long dim = -1) => Ops.cumulative_trapezoid_dx.Call(this, dx, dim);

        public Tensor cumulative_trapezoid(Tensor x, long dim = -1) => Ops.cumulative_trapezoid_x.Call(this, x, dim);
    }
}
