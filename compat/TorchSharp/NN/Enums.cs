namespace TorchSharp
{
    /// <summary>What stands outside a padded tensor.</summary>
    public enum PaddingModes
    {
        Zeros = 0,
        Reflect = 1,
        Replicate = 2,
        Circular = 3,
        Constant = 4,
    }

    /// <summary>When a distance is computed by matrix product.</summary>
    public enum compute_mode
    {
        use_mm_for_euclid_dist_if_necessary = 0,
        use_mm_for_euclid_dist = 1,
        donot_use_mm_for_euclid_dist = 2,
    }
}
