using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Contract;

/// <summary>
/// What every <see cref="IQueueStore"/> does. An implementation's tests inherit it; each test has a queue of its own, so that
/// a store that is far away can be shared by all of them.
/// </summary>
public abstract class QueueStoreContract : IAsyncLifetime
{
    private static readonly TimeSpan Minute = TimeSpan.FromMinutes(1);
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private IQueueStore Store { get; set; } = null!;

    private string Queue { get; } = $"q{Guid.NewGuid():N}";

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    protected abstract Task<IQueueStore> OpenAsync();

    /// <summary>Lets a little time pass; where it passes by itself, nothing.</summary>
    protected virtual void Pass()
    {
    }

    public async ValueTask InitializeAsync() => Store = await OpenAsync();

    public virtual ValueTask DisposeAsync()
    {
        (Store as IDisposable)?.Dispose();
        GC.SuppressFinalize(this);
        return default;
    }

    [Fact]
    public async Task A_queue_that_was_never_sent_to_is_empty()
    {
        (await ReceiveAsync()).ShouldBeNull();
        (await CountAsync()).ShouldBe(0);
        (await Store.DeleteAsync(Queue, new("id", "text", 1, "receipt"), Cancellation)).ShouldBeFalse();
        (await Store.HideAsync(Queue, new("id", "text", 1, "receipt"), Minute, Cancellation)).ShouldBeNull();
    }

    [Theory]
    [InlineData("")]
    [InlineData("plain")]
    [InlineData("{\"tenant\":\"acme\"}")]
    [InlineData("<Message>&amp;]]>\"'</Message>")]
    [InlineData("Grüße, \U0001F600 \u0000\u0001\t\r\n\ufeff")]
    [InlineData("YWJj")]
    public async Task A_message_is_what_was_sent(string text)
    {
        await SendAsync(text);

        var message = (await ReceiveAsync()).ShouldNotBeNull();

        message.Text.ShouldBe(text);
        message.DequeueCount.ShouldBe(1);
    }

    [Fact]
    public async Task The_longest_message_is_kept_whole()
    {
        var text = new string('ü', 24 * 1024);
        await SendAsync(text);

        (await ReceiveAsync()).ShouldNotBeNull().Text.ShouldBe(text);
    }

    [Fact]
    public async Task A_message_that_was_received_is_hidden_and_counted()
    {
        await SendAsync("a");

        (await ReceiveAsync()).ShouldNotBeNull();

        (await ReceiveAsync()).ShouldBeNull();
        (await CountAsync()).ShouldBe(1);
    }

    [Fact]
    public async Task A_message_that_was_deleted_is_gone()
    {
        await SendAsync("a");
        var message = (await ReceiveAsync()).ShouldNotBeNull();

        (await DeleteAsync(message)).ShouldBeTrue();

        (await CountAsync()).ShouldBe(0);
        (await DeleteAsync(message)).ShouldBeFalse();
        (await HideAsync(message, TimeSpan.Zero)).ShouldBeNull();
        (await ReceiveAsync()).ShouldBeNull();
    }

    [Fact]
    public async Task A_message_that_was_not_deleted_in_time_comes_again_and_its_first_receiver_has_lost_it()
    {
        await SendAsync("a");
        var first = (await Store.ReceiveAsync(Queue, Second, Cancellation)).ShouldNotBeNull();

        var second = await NextAsync();

        second.ShouldBe(first with { DequeueCount = 2, Receipt = second.Receipt });
        (await DeleteAsync(first)).ShouldBeFalse();
        (await HideAsync(first, Minute)).ShouldBeNull();
        (await DeleteAsync(second)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_message_that_is_hidden_anew_stays_hidden_and_has_a_new_receipt()
    {
        await SendAsync("a");
        var first = (await Store.ReceiveAsync(Queue, Second, Cancellation)).ShouldNotBeNull();

        var renewed = (await HideAsync(first, Minute)).ShouldNotBeNull();
        Pass();

        renewed.ShouldBe(first with { Receipt = renewed.Receipt });
        (await ReceiveAsync()).ShouldBeNull();
        (await DeleteAsync(first)).ShouldBeFalse();
        (await DeleteAsync(renewed)).ShouldBeTrue();
    }

    [Fact]
    public async Task A_message_that_is_given_back_comes_at_once()
    {
        await SendAsync("a");
        var first = (await ReceiveAsync()).ShouldNotBeNull();

        (await HideAsync(first, TimeSpan.Zero)).ShouldNotBeNull();

        var second = (await ReceiveAsync()).ShouldNotBeNull();
        (second.Id, second.Text, second.DequeueCount).ShouldBe((first.Id, "a", 2));
    }

    [Fact]
    public async Task Every_delivery_is_counted()
    {
        await SendAsync("a");
        for (var count = 1; count <= 6; count++)
        {
            var message = (await ReceiveAsync()).ShouldNotBeNull();
            message.DequeueCount.ShouldBe(count);
            await HideAsync(message, TimeSpan.Zero);
        }
    }

    [Fact]
    public async Task No_two_receivers_get_the_same_message()
    {
        string[] sent = [.. Enumerable.Range(0, 12).Select(number => $"{number}")];
        foreach (var text in sent)
            await SendAsync(text);

        var received = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(ReceiveAllAsync)));

        received.SelectMany(texts => texts).ShouldBe(sent, ignoreOrder: true);
    }

    [Fact]
    public async Task Of_two_who_change_a_message_at_a_time_one_does()
    {
        await SendAsync("a");
        var message = (await ReceiveAsync()).ShouldNotBeNull();

        var hidden = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => HideAsync(message, Minute))));

        hidden.Count(renewed => renewed is not null).ShouldBe(1);
    }

    [Fact]
    public async Task Queues_have_nothing_to_do_with_each_other()
    {
        await SendAsync("a");
        await Store.SendAsync($"{Queue}-poison", "b", Cancellation);

        (await ReceiveAllAsync()).ShouldBe(["a"]);
        (await Store.CountAsync($"{Queue}-poison", Cancellation)).ShouldBe(1);
    }

    [Theory]
    [InlineData("ab")]
    [InlineData("Crawl")]
    [InlineData("-crawl")]
    [InlineData("crawl--jobs")]
    [InlineData("crawl_jobs")]
    [InlineData("crawl\n")]
    public async Task A_name_that_is_none_is_refused(string queue)
    {
        await Should.ThrowAsync<ArgumentException>(() => Store.SendAsync(queue, "a", Cancellation));
        await Should.ThrowAsync<ArgumentException>(() => Store.ReceiveAsync(queue, Minute, Cancellation));
        await Should.ThrowAsync<ArgumentException>(() => Store.CountAsync(queue, Cancellation));
    }

    [Fact]
    public async Task What_no_store_can_do_is_refused()
    {
        await Should.ThrowAsync<ArgumentException>(() => SendAsync(new string('a', (48 * 1024) + 1)));
        await Should.ThrowAsync<ArgumentException>(() => SendAsync("\ud83d"));
        await Should.ThrowAsync<ArgumentException>(() => Store.ReceiveAsync(Queue, TimeSpan.Zero, Cancellation));
        await Should.ThrowAsync<ArgumentException>(() => Store.ReceiveAsync(Queue, TimeSpan.FromSeconds(1.5), Cancellation));
        await Should.ThrowAsync<ArgumentException>(() => Store.ReceiveAsync(Queue, TimeSpan.FromDays(8), Cancellation));
        (await CountAsync()).ShouldBe(0);
    }

    private Task SendAsync(string text) => Store.SendAsync(Queue, text, Cancellation);

    private Task<QueueMessage?> ReceiveAsync() => Store.ReceiveAsync(Queue, Minute, Cancellation);

    private Task<QueueMessage?> HideAsync(QueueMessage message, TimeSpan hideFor) => Store.HideAsync(Queue, message, hideFor, Cancellation);

    private Task<bool> DeleteAsync(QueueMessage message) => Store.DeleteAsync(Queue, message, Cancellation);

    private Task<int> CountAsync() => Store.CountAsync(Queue, Cancellation);

    private async Task<QueueMessage> NextAsync()
    {
        while (true)
        {
            Pass();
            if (await ReceiveAsync() is { } message)
                return message;
        }
    }

    private async Task<List<string>> ReceiveAllAsync()
    {
        var texts = new List<string>();
        while (await ReceiveAsync() is { } message)
            texts.Add(message.Text);
        return texts;
    }
}
