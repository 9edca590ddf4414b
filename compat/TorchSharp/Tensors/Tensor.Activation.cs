using TorchSharp.Interop;

namespace TorchSharp;

public static partial class torch
{
    // Activation functions.
    public partial class Tensor
    {
        public Tensor relu() => Ops.relu.Call(this);

        public Tensor relu_()
        {
            Ops.relu_.Run(this);
            return this;
        }

        public Tensor relu6() => Ops.relu6.Call(this);

        public Tensor gelu() => Ops.gelu.Call(this);

        public Tensor gelu_()
        {
            Ops.gelu_.Run(this);
            return this;
        }

        public Tensor silu() => Ops.silu.Call(this);

        public Tensor silu_()
        {
            Ops.silu_.Run(this);
            return this;
        }

        public Tensor elu(double alpha = 1) => Ops.elu.Call(this, alpha);

        public Tensor celu() => Ops.celu.Call(this);

        public Tensor selu() => Ops.selu.Call(this);

        public Tensor glu(long dim = -1) => Ops.glu.Call(this, dim);

        public Tensor hardsigmoid() => Ops.hardsigmoid.Call(this);

        public Tensor hardswish() => Ops.hardswish.Call(this);

        public Tensor hardtanh(Scalar min, Scalar max) => Ops.hardtanh.Call(this, min, max);

        public Tensor leaky_relu(Scalar negative_slope) => Ops.leaky_relu.Call(this, negative_slope);

        public Tensor leaky_relu_(Scalar negative_slope)
        {
            Ops.leaky_relu_.Run(this, negative_slope);
            return this;
        }

        public Tensor log_sigmoid() => Ops.log_sigmoid.Call(this);

        public Tensor softplus(double beta = 1, double threshold = 20) => Ops.softplus.Call(this, beta, threshold);

        public Tensor threshold(Scalar threshold, Scalar value) => Ops.threshold.Call(this, threshold, value);

        public Tensor threshold_(Scalar threshold, Scalar value)
        {
            Ops.threshold_.Run(this, threshold, value);
            return this;
        }

        public Tensor prelu(Tensor target) => Ops.prelu.Call(this, target);

        public Tensor celu(Scalar alpha) => Ops.celu.Call(this, alpha);

        public Tensor celu_()
        {
            Ops.celu_.Run(this);
            return this;
        }

        public Tensor celu_(Scalar alpha)
        {
            Ops.celu_.Run(this, alpha);
            return this;
        }

        public Tensor elu(Scalar alpha, Scalar scale, Scalar input_scale) => Ops.elu.Call(this, alpha, scale, input_scale);

        public Tensor elu_(double alpha = 1)
        {
            Ops.elu_.Run(this, alpha);
            return this;
        }

        public Tensor elu_(Scalar alpha, Scalar scale, Scalar input_scale)
        {
            Ops.elu_.Run(this, alpha, scale, input_scale);
            return this;
        }

        public Tensor selu_()
        {
            Ops.selu_.Run(this);
            return this;
        }

        public Tensor relu6_()
        {
            Ops.relu6_.Run(this);
            return this;
        }

        public Tensor hardsigmoid_()
        {
            Ops.hardsigmoid_.Run(this);
            return this;
        }

        public Tensor hardswish_()
        {
            Ops.hardswish_.Run(this);
            return this;
        }

        public Tensor hardtanh_(Scalar min, Scalar max)
        {
            Ops.hardtanh_.Run(this, min, max);
            return this;
        }

        public Tensor rrelu(double lower = 0.125, double upper = 0.3333333333333333) => Ops.rrelu.Call(this, lower, upper);

        public Tensor rrelu_(double lower = 0.125, double upper = 0.3333333333333333)
        {
            Ops.rrelu_.Run(this, lower, upper);
            return this;
        }
    }
}
