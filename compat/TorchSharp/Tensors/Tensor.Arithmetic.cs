using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Arithmetic of two tensors, or of a tensor and a number.
    public partial class Tensor
    {
        public Tensor add(Tensor target) => Ops.add_Tensor.Call(this, target);

        public Tensor add(Tensor target, Scalar alpha) => Ops.add_Tensor.Call(this, target, alpha);

        public Tensor add(Scalar scalar) => Ops.add_Scalar.Call(this, scalar);

        public Tensor add(Scalar scalar, Scalar alpha) => Ops.add_Scalar.Call(this, scalar, alpha);

        public Tensor add_(Tensor target)
        {
            Ops.add__Tensor.Run(this, target);
            return this;
        }

        public Tensor add_(Tensor target, Scalar alpha)
        {
            Ops.add__Tensor.Run(this, target, alpha);
            return this;
        }

        public Tensor add_(Scalar scalar)
        {
            Ops.add__Scalar.Run(this, scalar);
            return this;
        }

        public Tensor add_(Scalar scalar, Scalar alpha)
        {
            Ops.add__Scalar.Run(this, scalar, alpha);
            return this;
        }

        public Tensor sub(Tensor target) => Ops.sub_Tensor.Call(this, target);

        public Tensor sub(Scalar target) => Ops.sub_Scalar.Call(this, target);

        public Tensor sub_(Tensor target)
        {
            Ops.sub__Tensor.Run(this, target);
            return this;
        }

        public Tensor sub_(Scalar target)
        {
            Ops.sub__Scalar.Run(this, target);
            return this;
        }

        public Tensor subtract(Tensor target) => Ops.sub_Tensor.Call(this, target);

        public Tensor subtract(Scalar target) => Ops.sub_Scalar.Call(this, target);

        public Tensor subtract_(Tensor target)
        {
            Ops.sub__Tensor.Run(this, target);
            return this;
        }

        public Tensor subtract_(Scalar target)
        {
            Ops.sub__Scalar.Run(this, target);
            return this;
        }

        public Tensor mul(Tensor target) => Ops.mul_Tensor.Call(this, target);

        public Tensor mul(Scalar target) => Ops.mul_Scalar.Call(this, target);

        public Tensor mul_(Tensor target)
        {
            Ops.mul__Tensor.Run(this, target);
            return this;
        }

        public Tensor mul_(Scalar target)
        {
            Ops.mul__Scalar.Run(this, target);
            return this;
        }

        public Tensor multiply(Tensor target) => Ops.mul_Tensor.Call(this, target);

        public Tensor multiply(Scalar target) => Ops.mul_Scalar.Call(this, target);

        public Tensor div(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => Ops.div_Tensor_mode.Call(this, target, Mode(rounding_mode));

        public Tensor div(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => Ops.div_Scalar_mode.Call(this, target, Mode(rounding_mode));

        public Tensor div_(Tensor target, RoundingMode rounding_mode = RoundingMode.None)
        {
            Ops.div__Tensor_mode.Run(this, target, Mode(rounding_mode));
            return this;
        }

        public Tensor div_(Scalar target, RoundingMode rounding_mode = RoundingMode.None)
        {
            Ops.div__Scalar_mode.Run(this, target, Mode(rounding_mode));
            return this;
        }

        public Tensor divide(Tensor target, RoundingMode rounding_mode = RoundingMode.None) => Ops.div_Tensor_mode.Call(this, target, Mode(rounding_mode));

        public Tensor divide(Scalar target, RoundingMode rounding_mode = RoundingMode.None) => Ops.div_Scalar_mode.Call(this, target, Mode(rounding_mode));

        public Tensor divide_(Tensor target, RoundingMode rounding_mode = RoundingMode.None)
        {
            Ops.div__Tensor_mode.Run(this, target, Mode(rounding_mode));
            return this;
        }

        public Tensor divide_(Scalar target, RoundingMode rounding_mode = RoundingMode.None)
        {
            Ops.div__Scalar_mode.Run(this, target, Mode(rounding_mode));
            return this;
        }

        public Tensor true_divide(Tensor other) => Ops.div_Tensor.Call(this, other);

        public Tensor true_divide(Scalar other) => Ops.div_Scalar.Call(this, other);

        public Tensor true_divide_(Tensor other)
        {
            Ops.div__Tensor.Run(this, other);
            return this;
        }

        public Tensor true_divide_(Scalar other)
        {
            Ops.div__Scalar.Run(this, other);
            return this;
        }

        public Tensor floor_divide(Tensor other) => Ops.floor_divide.Call(this, other);

        public Tensor floor_divide(Scalar other) => Ops.floor_divide_Scalar.Call(this, other);

        public Tensor floor_divide_(Tensor other)
        {
            Ops.floor_divide__Tensor.Run(this, other);
            return this;
        }

        public Tensor floor_divide_(Scalar other)
        {
            Ops.floor_divide__Scalar.Run(this, other);
            return this;
        }

        public Tensor fmod(Tensor target) => Ops.fmod_Tensor.Call(this, target);

        public Tensor fmod(Scalar scalar) => Ops.fmod_Scalar.Call(this, scalar);

        public Tensor fmod_(Tensor target)
        {
            Ops.fmod__Tensor.Run(this, target);
            return this;
        }

        public Tensor fmod_(Scalar scalar)
        {
            Ops.fmod__Scalar.Run(this, scalar);
            return this;
        }

        public Tensor remainder(Tensor target) => Ops.remainder_Tensor.Call(this, target);

        public Tensor remainder(Scalar scalar) => Ops.remainder_Scalar.Call(this, scalar);

        public Tensor remainder_(Tensor target)
        {
            Ops.remainder__Tensor.Run(this, target);
            return this;
        }

        public Tensor remainder_(Scalar scalar)
        {
            Ops.remainder__Scalar.Run(this, scalar);
            return this;
        }

        public Tensor pow(Tensor exponent) => Ops.pow_Tensor_Tensor.Call(this, exponent);

        public Tensor pow(Scalar exponent) => Ops.pow_Tensor_Scalar.Call(this, exponent);

        public Tensor pow_(Tensor exponent)
        {
            Ops.pow__Tensor.Run(this, exponent);
            return this;
        }

        public Tensor pow_(Scalar exponent)
        {
            Ops.pow__Scalar.Run(this, exponent);
            return this;
        }

        public Tensor float_power(Tensor target) => Ops.float_power_Tensor_Tensor.Call(this, target);

        public Tensor atan2(Tensor other) => Ops.atan2.Call(this, other);

        public Tensor atan2_(Tensor other)
        {
            Ops.atan2_.Run(this, other);
            return this;
        }

        public Tensor copysign(Tensor other) => Ops.copysign_Tensor.Call(this, other);

        public Tensor hypot(Tensor other) => Ops.hypot.Call(this, other);

        public Tensor gcd(Tensor other) => Ops.gcd.Call(this, other);

        public Tensor lcm(Tensor other) => Ops.lcm.Call(this, other);

        public Tensor ldexp(Tensor other) => Ops.ldexp_Tensor.Call(this, other);

        public Tensor logaddexp(Tensor other) => Ops.logaddexp.Call(this, other);

        public Tensor logaddexp2(Tensor other) => Ops.logaddexp2.Call(this, other);

        public Tensor heaviside(Tensor other) => Ops.heaviside.Call(this, other);

        public Tensor nextafter(Tensor other) => Ops.nextafter.Call(this, other);

        public Tensor xlogy(Tensor y) => Ops.xlogy_Tensor.Call(this, y);

        public Tensor xlogy(Scalar y) => Ops.xlogy_Scalar_Other.Call(this, y);

        public Tensor lerp(Tensor end, Tensor weight) => Ops.lerp_Tensor.Call(this, end, weight);

        public Tensor lerp_(Tensor end, Tensor weight)
        {
            Ops.lerp__Tensor.Run(this, end, weight);
            return this;
        }

        public Tensor addcmul(Tensor tensor1, Tensor tensor2, Scalar value) => Ops.addcmul.Call(this, tensor1, tensor2, value);

        public Tensor addcmul_(Tensor tensor1, Tensor tensor2, Scalar value)
        {
            Ops.addcmul_.Run(this, tensor1, tensor2, value);
            return this;
        }

        public Tensor addcdiv(Tensor tensor1, Tensor tensor2, Scalar value) => Ops.addcdiv.Call(this, tensor1, tensor2, value);

        public Tensor addcdiv(Tensor tensor1, Tensor tensor2) => Ops.addcdiv.Call(this, tensor1, tensor2);

        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2, Scalar value)
        {
            Ops.addcdiv_.Run(this, tensor1, tensor2, value);
            return this;
        }

        public Tensor addcdiv_(Tensor tensor1, Tensor tensor2)
        {
            Ops.addcdiv_.Run(this, tensor1, tensor2);
            return this;
        }

        public Tensor bitwise_and(Tensor other) => Ops.bitwise_and_Tensor.Call(this, other);

        public Tensor bitwise_and_(Tensor other)
        {
            Ops.bitwise_and__Tensor.Run(this, other);
            return this;
        }

        public Tensor bitwise_or(Tensor other) => Ops.bitwise_or_Tensor.Call(this, other);

        public Tensor bitwise_or_(Tensor other)
        {
            Ops.bitwise_or__Tensor.Run(this, other);
            return this;
        }

        public Tensor bitwise_xor(Tensor other) => Ops.bitwise_xor_Tensor.Call(this, other);

        public Tensor bitwise_xor_(Tensor other)
        {
            Ops.bitwise_xor__Tensor.Run(this, other);
            return this;
        }

        public Tensor bitwise_left_shift(Tensor other) => Ops.bitwise_left_shift_Tensor.Call(this, other);

        public Tensor bitwise_right_shift(Tensor other) => Ops.bitwise_right_shift_Tensor.Call(this, other);

        public Tensor logical_and(Tensor other) => Ops.logical_and.Call(this, other);

        public Tensor logical_and_(Tensor other)
        {
            Ops.logical_and_.Run(this, other);
            return this;
        }

        public Tensor logical_or(Tensor other) => Ops.logical_or.Call(this, other);

        public Tensor logical_or_(Tensor other)
        {
            Ops.logical_or_.Run(this, other);
            return this;
        }

        public Tensor logical_xor(Tensor other) => Ops.logical_xor.Call(this, other);

        public Tensor logical_xor_(Tensor other)
        {
            Ops.logical_xor_.Run(this, other);
            return this;
        }

        public Tensor arctan(Tensor other) => Ops.atan2.Call(this, other);

        public Tensor arctan_(Tensor other)
        {
            Ops.atan2_.Run(this, other);
            return this;
        }

        public Tensor arctan2(Tensor other) => Ops.atan2.Call(this, other);

        public Tensor arctan2_(Tensor other)
        {
            Ops.atan2_.Run(this, other);
            return this;
        }

        public Tensor bitwise_left_shift_(Tensor other)
        {
            Ops.bitwise_left_shift__Tensor.Run(this, other);
            return this;
        }

        public Tensor bitwise_right_shift_(Tensor other)
        {
            Ops.bitwise_right_shift__Tensor.Run(this, other);
            return this;
        }

        public Tensor gcd_(Tensor other)
        {
            Ops.gcd_.Run(this, other);
            return this;
        }

        public Tensor lcm_(Tensor other)
        {
            Ops.lcm_.Run(this, other);
            return this;
        }

        public Tensor ldexp_(Tensor other)
        {
            Ops.ldexp_.Run(this, other);
            return this;
        }

        public Tensor xlogy_(Tensor y)
        {
            Ops.xlogy__Tensor.Run(this, y);
            return this;
        }

        public Tensor xlogy_(Scalar y)
        {
            Ops.xlogy__Scalar_Other.Run(this, y);
            return this;
        }

        public Tensor igamma(Tensor other) => Ops.igamma.Call(this, other);

        public Tensor igammac(Tensor other) => Ops.igammac.Call(this, other);
    }
}
