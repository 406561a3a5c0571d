using System.Text.Json;
using DurableTask.Core.Entities.OperationFormat;
using FunctionsApi.Functions;
using FunctionsApi.Ledgers;
using FunctionsApi.Quotas;
using FunctionsApi.Quotas.Policies;
using Microsoft.DurableTask.Worker.Shims;
using Microsoft.Extensions.Logging.Abstractions;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Functions;

/// <summary>What the entity's function makes of what anybody may send to it.</summary>
public sealed class QuotaEntityFunctionTests
{
    private readonly ManualTime _time = new();

    private Instant Now => Instant.From(_time.GetUtcNow());

    [Theory]
    [InlineData("apply", "{}")]
    [InlineData("apply", "17")]
    [InlineData("apply", "\"AAAA\"")]
    [InlineData("apply", null)]
    [InlineData("reset", "[]")]
    [InlineData("delete", "\"\"")]
    public async Task A_strangers_signal_is_ignored_without_an_exception(string name, string? input) =>
        await RunAsync(new() { Operation = name, Input = input }, state: null);

    [Fact]
    public async Task An_operation_with_a_window_of_no_length_is_ignored_without_an_exception()
    {
        var policy = new Policy { Name = "requests", Algorithm = Algorithm.FixedWindow, Limit = 10, Window = TimeSpan.Zero };
        await RunAsync(Request(EntitySignal.Apply(new(new(1), 1, 0, [new(policy) { Need = 1 }]), Now)), state: null);
    }

    [Fact]
    public async Task An_operation_is_applied_at_the_time_of_the_instance_that_runs_the_entity()
    {
        var policy = new Policy { Name = "requests", Algorithm = Algorithm.SlidingWindow, Limit = 10, Window = TimeSpan.FromMinutes(1) };
        var signal = EntitySignal.Apply(new(new(1), 1, 0, [new(policy) { Need = 1 }]), Now);
        _time.Advance(TimeSpan.FromSeconds(40));
        var state = await RunAsync(Request(signal), state: null, isChanged: true);
        EntityText.Read(JsonSerializer.Deserialize<string>(state!)!).LastTime.ShouldBe(Now);
    }

    private static OperationRequest Request(EntitySignal signal) => new() { Operation = signal.Name, Input = JsonSerializer.Serialize(signal.Input) };

    private async Task<string?> RunAsync(OperationRequest request, string? state, bool isChanged = false)
    {
        request.Id = Guid.NewGuid();
        var result = await DurableTaskShimFactory.Default
            .CreateEntity(EntitySignal.Entity, new QuotaEntityFunction(new(), new(_time), NullLogger<QuotaEntityFunction>.Instance), new(EntitySignal.Entity, "key:k1"))
            .ExecuteOperationBatchAsync(new EntityBatchRequest { InstanceId = "@quota@key:k1", EntityState = state, Operations = [request] });
        result.FailureDetails.ShouldBeNull();
        result.Results!.Single().FailureDetails.ShouldBeNull();
        (result.EntityState != state).ShouldBe(isChanged);
        return result.EntityState;
    }
}
