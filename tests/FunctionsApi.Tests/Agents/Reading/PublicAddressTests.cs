using System.Net;
using FunctionsApi.Agents.Ingestion.Reading;
using FunctionsApi.Internet;
using Shouldly;
using Xunit;

namespace FunctionsApi.Tests.Agents.Reading;

/// <summary>Which addresses are connected to.</summary>
public sealed class PublicAddressTests : ReadingTests
{
    [Fact]
    public async Task A_name_that_nobody_has_is_told() =>
        (await Should.ThrowAsync<PageException>(() => ReadAsync(new Uri("http://name.invalid")))).Message
            .ShouldBe("The site's robots.txt cannot be read, so that no page may be. The host's name is unknown.");

    [Theory]
    [InlineData(null, false)]
    [InlineData("127.0.0.1", true)]
    [InlineData("127.0.0.1:1", false)]
    [InlineData("wiki.corp.example, 127.0.0.1", true)]
    public async Task A_private_address_is_connected_to_only_where_its_host_is_named(string? allowed, bool connected)
    {
        await using var site = await SiteAsync("text/plain", "Secret");
        using var readers = new Readers(_time, new() { AllowedHosts = allowed, DelayMilliseconds = 0 });

        var failure = await Record.ExceptionAsync(() => readers.Pages.ReadAsync(site.Address, null, Readers.GoOn, Cancel));

        (failure is null).ShouldBe(connected);
        if (!connected)
            failure!.Message.ShouldEndWith("The URL does not lead to a public address.");
    }

    [Fact]
    public async Task A_public_name_with_a_private_address_is_not_connected_to()
    {
        using var readers = new Readers(_time, new() { DelayMilliseconds = 0 }, (_, _) => Task.FromResult<IPAddress[]>([IPAddress.Parse("168.63.129.16"), IPAddress.Parse("::ffff:169.254.169.254")]));

        var failure = await Should.ThrowAsync<PageException>(() => readers.Pages.ReadAsync(new("http://example.com/"), null, Readers.GoOn, Cancel));

        failure.Message.ShouldEndWith("The URL does not lead to a public address.");
    }

    [Theory]
    [InlineData("8.8.8.8", true)]
    [InlineData("2606:4700:4700::1111", true)]
    [InlineData("::ffff:8.8.8.8", true)]
    [InlineData("0.0.0.0", false)]
    [InlineData("10.1.2.3", false)]
    [InlineData("100.64.0.1", false)]
    [InlineData("127.0.0.1", false)]
    [InlineData("169.254.169.254", false)]
    [InlineData("172.31.255.255", false)]
    [InlineData("172.32.0.0", true)]
    [InlineData("192.168.0.1", false)]
    [InlineData("224.0.0.1", false)]
    [InlineData("255.255.255.255", false)]
    [InlineData("::", false)]
    [InlineData("::1", false)]
    [InlineData("::ffff:127.0.0.1", false)]
    [InlineData("::7f00:1", false)]
    [InlineData("64:ff9b::7f00:1", false)]
    [InlineData("2002:7f00:1::", false)]
    [InlineData("2001:0:1::", false)]
    [InlineData("fc00::1", false)]
    [InlineData("fe80::1", false)]
    [InlineData("ff02::1", false)]
    public void Only_what_everybody_can_reach_is_public(string address, bool isPublic) =>
        PublicAddress.Is(IPAddress.Parse(address)).ShouldBe(isPublic);
}
