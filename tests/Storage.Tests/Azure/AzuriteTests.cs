using Azure.Storage.Queues;
using FunctionsApi.Storage.Azure;
using FunctionsApi.TestKit;
using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Azure;

/// <summary>What needs the real thing and no contract has.</summary>
public sealed class AzuriteTests(SharedAzurite shared)
{
    private static readonly TableKey Key = new("p", "r");

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_wrong_key_is_told_without_it()
    {
        var azurite = await shared.StartedAsync();
        await using var store = new AzureTableStore(StorageAccount.Parse(
            StorageService.Tables, $"AccountName=devstoreaccount1;AccountKey={Script.Key};TableEndpoint={azurite.Endpoint}"), SharedAzurite.Options);

        var problem = await Should.ThrowAsync<TableStoreException>(() => store.GetAsync("Quotas", Key, Cancellation));

        problem.Message.ShouldStartWith($"The Azure Table Storage at {azurite.Endpoint} does not accept the account key");
        problem.MayPass.ShouldBeFalse();
        problem.ToString().ShouldNotContain(Script.Key);
    }

    [Fact]
    public async Task One_that_stops_is_told_and_one_that_comes_back_has_what_was_written()
    {
        await using var azurite = await Azurite.StartAsync();
        await using var store = new AzureTableStore(StorageAccount.Parse(StorageService.Tables, azurite.ConnectionString), SharedAzurite.Options);
        var eTag = await store.PutAsync("Quotas", new(Key, new Dictionary<string, object> { ["v"] = 1L }, PutCondition.IfAbsent), Cancellation);

        await azurite.StopAsync();
        var problem = await Should.ThrowAsync<TableStoreException>(() => store.GetAsync("Quotas", Key, Cancellation));
        await azurite.RestartAsync();

        problem.Message.ShouldBe($"The Azure Table Storage at {azurite.Endpoint} is not running. Start Azurite, or correct the address.");
        problem.MayPass.ShouldBeTrue();
        (await store.GetAsync("Quotas", Key, Cancellation)).ShouldNotBeNull().ETag.ShouldBe(eTag);
    }

    [Theory]
    [InlineData("eyJhIjoxfQ==", "{\"a\":1}")]
    [InlineData("{\"not\":\"base64\"}", "{\"not\":\"base64\"}")]
    public async Task A_message_that_another_program_has_sent_can_be_received_and_deleted(string sent, string text)
    {
        var azurite = await shared.StartedAsync();
        var name = $"q{Guid.NewGuid():N}";
        var other = new QueueClient(
            azurite.ConnectionString, name, new QueueClientOptions(QueueClientOptions.ServiceVersion.V2020_12_06) { MessageEncoding = QueueMessageEncoding.None });
        await other.CreateAsync(cancellationToken: Cancellation);
        await other.SendMessageAsync(sent, Cancellation);
        using var queues = new AzureQueueStore(StorageAccount.Parse(StorageService.Queues, azurite.ConnectionString), SharedAzurite.Options);

        var message = (await queues.ReceiveAsync(name, TimeSpan.FromMinutes(1), Cancellation)).ShouldNotBeNull();

        (message.Text, message.DequeueCount).ShouldBe((text, 1));
        (await queues.DeleteAsync(name, message, Cancellation)).ShouldBeTrue();
    }
}
