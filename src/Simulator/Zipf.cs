namespace FunctionsApi.Simulator;

/// <summary>
/// Draws keys of which a few are popular and most are not: the n-th most popular is drawn in proportion to 1/n^s. By
/// rejection-inversion (W. Hörmann, G. Derflinger, "Rejection-inversion to generate variates from monotone discrete
/// distributions", 1996), so that a draw takes the same short time however many keys there are, and no table.
/// </summary>
internal sealed class Zipf
{
    private readonly int _keys;
    private readonly double _exponent;
    private readonly double _first;
    private readonly double _last;
    private readonly double _certain;

    /// <param name="keys">1 or more.</param>
    /// <param name="exponent">0 is all alike; 1.1 is what web traffic is often like.</param>
    public Zipf(int keys, double exponent)
    {
        (_keys, _exponent) = (keys, exponent);
        _first = Area(1.5) - 1;
        _last = Area(keys + 0.5);
        _certain = 2 - Place(Area(2.5) - Weight(2));
    }

    /// <returns>0 for the most popular key.</returns>
    public int Draw(Random random)
    {
        while (true)
        {
            var area = _last + random.NextDouble() * (_first - _last);
            var place = Place(area);
            var key = Math.Clamp((int)(place + 0.5), 1, _keys);
            if (key - place <= _certain || area >= Area(key + 0.5) - Weight(key))
                return key - 1;
        }
    }

    private double Weight(double rank) => Math.Exp(-_exponent * Math.Log(rank));

    // The integral of the weight, and its inverse.
    private double Area(double rank)
    {
        var log = Math.Log(rank);
        return Slope((1 - _exponent) * log) * log;
    }

    private double Place(double area)
    {
        var t = Math.Max(-1, area * (1 - _exponent));
        return Math.Exp(InverseSlope(t) * area);
    }

    // (e^x - 1) / x and ln(1 + x) / x, also near 0.
    private static double Slope(double x) => Math.Abs(x) > 1e-8 ? (Math.Exp(x) - 1) / x : 1 + x / 2 * (1 + x / 3);

    private static double InverseSlope(double x) => Math.Abs(x) > 1e-8 ? Math.Log(1 + x) / x : 1 - x * (0.5 - x / 3);
}
