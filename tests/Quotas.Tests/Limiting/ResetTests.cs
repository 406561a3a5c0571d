using FunctionsApi.Quotas.Entities;
using FunctionsApi.Quotas.Limiting;
using FunctionsApi.Quotas.Policies;
using Shouldly;
using Xunit;
using Outcome = FunctionsApi.Quotas.Limiting.Outcome;

namespace FunctionsApi.Quotas.Tests.Limiting;

/// <summary>An operator starts the counters of a partition anew, while instances hold leases of it.</summary>
public sealed class ResetTests
{
    private readonly ManualTime _time = new();
    private readonly ResettableLedger _ledger = new();

    [Fact]
    public async Task A_lease_from_before_a_reset_is_not_given_back_to_the_new_count_whatever_operation_hears_of_the_reset()
    {
        var policies = new PolicySet([Given.Hourly(1000), Given.Daily(1000)]);
        Charge hour = new(policies, [new(0, 1)]), day = new(policies, [new(1, 1)]);
        await using QuotaLimiter one = Limiter(), other = Limiter();
        await AdmitAsync(one, hour, 1);
        _ledger.Reset(Instant.From(_time.GetUtcNow()));

        await AdmitAsync(other, hour, 20);
        await AdmitAsync(one, day, 1);
        for (var i = 0; i < 40; i++)
            _time.Advance(TimeSpan.FromMilliseconds(250));

        _ledger.Used(policies, Instant.From(_time.GetUtcNow())).ShouldBe([20, 1]);
    }

    private QuotaLimiter Limiter() => new(_ledger, new(), _time);

    private static async Task AdmitAsync(QuotaLimiter limiter, Charge charge, int count)
    {
        for (var i = 0; i < count; i++)
            (await limiter.AcquireAsync("user:u1", charge)).Outcome.ShouldBe(Outcome.Admitted);
    }

    private sealed class ResettableLedger : ILedger
    {
        private QuotaEntity _entity = QuotaEntity.Empty;

        public void Reset(Instant now) => _entity = _entity.Reset(now);

        public int[] Used(PolicySet policies, Instant now) =>
            [.. _entity.Peek(new(default, 0, 0, [.. policies.Policies.Select(policy => new PolicyOperation(policy))]), now).Policies.Select(policy => policy.Used)];

        public Task<QuotaResult> ApplyAsync(string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken)
        {
            (_entity, var result) = _entity.Apply(operation, now);
            return Task.FromResult(result);
        }

        public Task<QuotaResult> PeekAsync(string partition, QuotaOperation operation, Instant now, CancellationToken cancellationToken) =>
            Task.FromResult(_entity.Peek(operation, now));
    }
}
