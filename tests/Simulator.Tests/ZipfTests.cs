using Shouldly;
using Xunit;

namespace FunctionsApi.Simulator.Tests;

public sealed class ZipfTests
{
    [Theory]
    [InlineData(0)]
    [InlineData(0.7)]
    [InlineData(1)]
    [InlineData(1.1)]
    [InlineData(2)]
    public void Keys_are_drawn_in_proportion_to_their_popularity(double exponent)
    {
        const int Keys = 20, Draws = 200_000;
        var (zipf, random, drawn) = (new Zipf(Keys, exponent), new Random(1), new int[Keys]);
        for (var i = 0; i < Draws; i++)
            drawn[zipf.Draw(random)]++;

        var weights = Enumerable.Range(1, Keys).Select(rank => Math.Pow(rank, -exponent)).ToArray();
        for (var key = 0; key < Keys; key++)
            ((double)drawn[key] / Draws).ShouldBe(weights[key] / weights.Sum(), 0.005);
    }
}
