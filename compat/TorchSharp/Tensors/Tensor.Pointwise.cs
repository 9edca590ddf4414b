using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Functions of each element.
    public partial class Tensor
    {
        public Tensor abs() => Ops.abs.Call(this);

        public Tensor abs_()
        {
            Ops.abs_.Run(this);
            return this;
        }

        public Tensor absolute() => Ops.absolute.Call(this);

        public Tensor absolute_()
        {
            Ops.absolute_.Run(this);
            return this;
        }

        public Tensor acos() => Ops.acos.Call(this);

        public Tensor acos_()
        {
            Ops.acos_.Run(this);
            return this;
        }

        public Tensor arccos() => Ops.arccos.Call(this);

        public Tensor arccos_()
        {
            Ops.arccos_.Run(this);
            return this;
        }

        public Tensor acosh() => Ops.acosh.Call(this);

        public Tensor acosh_()
        {
            Ops.acosh_.Run(this);
            return this;
        }

        public Tensor arccosh() => Ops.arccosh.Call(this);

        public Tensor arccosh_()
        {
            Ops.arccosh_.Run(this);
            return this;
        }

        public Tensor asin() => Ops.asin.Call(this);

        public Tensor asin_()
        {
            Ops.asin_.Run(this);
            return this;
        }

        public Tensor arcsin() => Ops.arcsin.Call(this);

        public Tensor arcsin_()
        {
            Ops.arcsin_.Run(this);
            return this;
        }

        public Tensor asinh() => Ops.asinh.Call(this);

        public Tensor asinh_()
        {
            Ops.asinh_.Run(this);
            return this;
        }

        public Tensor arcsinh() => Ops.arcsinh.Call(this);

        public Tensor arcsinh_()
        {
            Ops.arcsinh_.Run(this);
            return this;
        }

        public Tensor atan() => Ops.atan.Call(this);

        public Tensor atan_()
        {
            Ops.atan_.Run(this);
            return this;
        }

        public Tensor arctan() => Ops.arctan.Call(this);

        public Tensor arctan_()
        {
            Ops.arctan_.Run(this);
            return this;
        }

        public Tensor atanh() => Ops.atanh.Call(this);

        public Tensor atanh_()
        {
            Ops.atanh_.Run(this);
            return this;
        }

        public Tensor arctanh() => Ops.arctanh.Call(this);

        public Tensor arctanh_()
        {
            Ops.arctanh_.Run(this);
            return this;
        }

        public Tensor ceil() => Ops.ceil.Call(this);

        public Tensor ceil_()
        {
            Ops.ceil_.Run(this);
            return this;
        }

        public Tensor cos() => Ops.cos.Call(this);

        public Tensor cos_()
        {
            Ops.cos_.Run(this);
            return this;
        }

        public Tensor cosh() => Ops.cosh.Call(this);

        public Tensor cosh_()
        {
            Ops.cosh_.Run(this);
            return this;
        }

        public Tensor deg2rad() => Ops.deg2rad.Call(this);

        public Tensor rad2deg() => Ops.rad2deg.Call(this);

        public Tensor digamma() => Ops.digamma.Call(this);

        public Tensor digamma_()
        {
            Ops.digamma_.Run(this);
            return this;
        }

        public Tensor erf() => Ops.erf.Call(this);

        public Tensor erf_()
        {
            Ops.erf_.Run(this);
            return this;
        }

        public Tensor erfc() => Ops.erfc.Call(this);

        public Tensor erfc_()
        {
            Ops.erfc_.Run(this);
            return this;
        }

        public Tensor erfinv() => Ops.erfinv.Call(this);

        public Tensor erfinv_()
        {
            Ops.erfinv_.Run(this);
            return this;
        }

        public Tensor exp() => Ops.exp.Call(this);

        public Tensor exp_()
        {
            Ops.exp_.Run(this);
            return this;
        }

        public Tensor exp2() => Ops.exp2.Call(this);

        public Tensor expm1() => Ops.expm1.Call(this);

        public Tensor expm1_()
        {
            Ops.expm1_.Run(this);
            return this;
        }

        public Tensor fix() => Ops.fix.Call(this);

        public Tensor fix_()
        {
            Ops.fix_.Run(this);
            return this;
        }

        public Tensor floor() => Ops.floor.Call(this);

        public Tensor floor_()
        {
            Ops.floor_.Run(this);
            return this;
        }

        public Tensor frac() => Ops.frac.Call(this);

        public Tensor frac_()
        {
            Ops.frac_.Run(this);
            return this;
        }

        public Tensor i0() => Ops.i0.Call(this);

        public Tensor lgamma() => Ops.lgamma.Call(this);

        public Tensor lgamma_()
        {
            Ops.lgamma_.Run(this);
            return this;
        }

        public Tensor log() => Ops.log.Call(this);

        public Tensor log_()
        {
            Ops.log_.Run(this);
            return this;
        }

        public Tensor log10() => Ops.log10.Call(this);

        public Tensor log10_()
        {
            Ops.log10_.Run(this);
            return this;
        }

        public Tensor log1p() => Ops.log1p.Call(this);

        public Tensor log1p_()
        {
            Ops.log1p_.Run(this);
            return this;
        }

        public Tensor log2() => Ops.log2.Call(this);

        public Tensor log2_()
        {
            Ops.log2_.Run(this);
            return this;
        }

        public Tensor neg() => Ops.neg.Call(this);

        public Tensor neg_()
        {
            Ops.neg_.Run(this);
            return this;
        }

        public Tensor reciprocal() => Ops.reciprocal.Call(this);

        public Tensor reciprocal_()
        {
            Ops.reciprocal_.Run(this);
            return this;
        }

        public Tensor rsqrt() => Ops.rsqrt.Call(this);

        public Tensor rsqrt_()
        {
            Ops.rsqrt_.Run(this);
            return this;
        }

        public Tensor sgn() => Ops.sgn.Call(this);

        public Tensor sgn_()
        {
            Ops.sgn_.Run(this);
            return this;
        }

        public Tensor sigmoid() => Ops.sigmoid.Call(this);

        public Tensor sigmoid_()
        {
            Ops.sigmoid_.Run(this);
            return this;
        }

        public Tensor sign() => Ops.sign.Call(this);

        public Tensor sign_()
        {
            Ops.sign_.Run(this);
            return this;
        }

        public Tensor sin() => Ops.sin.Call(this);

        public Tensor sin_()
        {
            Ops.sin_.Run(this);
            return this;
        }

        public Tensor sinc() => Ops.sinc.Call(this);

        public Tensor sinc_()
        {
            Ops.sinc_.Run(this);
            return this;
        }

        public Tensor sinh() => Ops.sinh.Call(this);

        public Tensor sinh_()
        {
            Ops.sinh_.Run(this);
            return this;
        }

        public Tensor sqrt() => Ops.sqrt.Call(this);

        public Tensor sqrt_()
        {
            Ops.sqrt_.Run(this);
            return this;
        }

        public Tensor square() => Ops.square.Call(this);

        public Tensor tan() => Ops.tan.Call(this);

        public Tensor tan_()
        {
            Ops.tan_.Run(this);
            return this;
        }

        public Tensor tanh() => Ops.tanh.Call(this);

        public Tensor tanh_()
        {
            Ops.tanh_.Run(this);
            return this;
        }

        public Tensor trunc() => Ops.trunc.Call(this);

        public Tensor trunc_()
        {
            Ops.trunc_.Run(this);
            return this;
        }

        public Tensor negative() => Ops.neg.Call(this);

        public Tensor logical_not() => Ops.logical_not.Call(this);

        public Tensor logical_not_()
        {
            Ops.logical_not_.Run(this);
            return this;
        }

        public Tensor bitwise_not() => Ops.bitwise_not.Call(this);

        public Tensor bitwise_not_()
        {
            Ops.bitwise_not_.Run(this);
            return this;
        }

        public Tensor positive() => Ops.positive.Call(this);

        public Tensor signbit() => Ops.signbit.Call(this);

        public Tensor angle() => Ops.angle.Call(this);

        public Tensor conj() => Ops.conj.Call(this);

        public Tensor conj_physical() => Ops.conj_physical.Call(this);

        public Tensor resolve_conj() => Ops.resolve_conj.Call(this);

        public Tensor resolve_neg() => Ops.resolve_neg.Call(this);

        public Tensor isnan() => Ops.isnan.Call(this);

        public Tensor isinf() => Ops.isinf.Call(this);

        public Tensor isfinite() => Ops.isfinite.Call(this);

        public Tensor isposinf() => Ops.isposinf.Call(this);

        public Tensor isneginf() => Ops.isneginf.Call(this);

        public Tensor isreal() => Ops.isreal.Call(this);

        public Tensor round(long decimals = 0L) => Ops.round_decimals.Call(this, decimals);

        public Tensor round_(long decimals = 0L)
        {
            Ops.round__decimals.Run(this, decimals);
            return this;
        }

        public Tensor logit(double? eps = null) => Ops.logit.Call(this, eps);

        public Tensor nan_to_num(double nan = 0d, double? posinf = null, double? neginf = null) => Ops.nan_to_num.Call(this, nan, posinf, neginf);

        public Tensor polygamma(long p) => Ops.polygamma.Call(p, this);

        public Tensor mvlgamma(long p) => Ops.mvlgamma.Call(this, p);

        public (Tensor Mantissa, Tensor Exponent) frexp() => Ops.frexp_Tensor.Call2(this);

        public Tensor mvlgamma_(long p)
        {
            Ops.mvlgamma_.Run(this, p);
            return this;
        }

        public Tensor polygamma_(long p)
        {
            Ops.polygamma_.Run(this, p);
            return this;
        }

        public Tensor conj_physical_()
        {
            Ops.conj_physical_.Run(this);
            return this;
        }
    }
}
