namespace FunctionsApi.EndToEnd.Tests.WrongInput;

public sealed class WrongInputTests(WrongInputTests.Target target) : IClassFixture<WrongInputTests.Target>
{
    public static TheoryData<string> Names => [.. WrongRequests.All.Keys];

    [Theory]
    [MemberData(nameof(Names))]
    public async Task Is_answered_4xx_and_uses_nothing(string wrong)
    {
        var before = await target.RemainingAsync();

        var answer = await RawConnection.SendAsync(target.Server.Address, WrongRequests.All[wrong](target.Key.Text));

        // Kestrel closes the connection where what it got cannot be answered.
        if (answer.Length > 0)
        {
            answer.ShouldStartWith("HTTP/1.1 4");
            answer.ShouldContain("\r\nContent-Type: application/json\r\n");
        }

        answer.ShouldNotContain("Exception");
        answer.ShouldNotContain("   at ");
        (await target.RemainingAsync()).ShouldBe(before);
        target.Server.Process.Output.ShouldNotContain("fail:");
    }

    [Fact]
    public async Task After_wrong_input_a_right_request_uses_one_permit()
    {
        await RawConnection.SendAsync(target.Server.Address, WrongRequests.All["no HTTP"](target.Key.Text));
        var before = await target.RemainingAsync();
        using var client = target.Server.Client(target.Key);

        (await client.InferAsync()).StatusCode.ShouldBe(HttpStatusCode.OK);

        (await target.RemainingAsync()).ShouldBe((before.Infer - 1, before.Agents));
    }

    /// <summary>One server for all wrong requests, so that each finds it as the others have left it.</summary>
    public sealed class Target : IAsyncLifetime
    {
        private readonly Installation _installation = new();

        internal RunningServer Server { get; private set; } = null!;

        internal ApiKey Key { get; private set; } = null!;

        public async ValueTask InitializeAsync()
        {
            // Nothing comes back during the tests.
            await _installation.ApplyPlansAsync(Plans.Sliding("1h", limit: 1000));
            Key = await _installation.CreateKeyAsync();
            Server = await _installation.ServeAsync();
        }

        public ValueTask DisposeAsync() => _installation.DisposeAsync();

        internal async Task<(int Infer, int Agents)> RemainingAsync()
        {
            using var client = Server.Client(Key);
            using var unknown = await client.GetAsync("/api/v1/nothing", TestContext.Current.CancellationToken);
            unknown.StatusCode.ShouldBe(HttpStatusCode.NotFound);
            return (await client.InferRemainingAsync(), unknown.Remaining());
        }
    }
}
