using FunctionsApi.Storage.Azure;
using Shouldly;
using Xunit;

namespace FunctionsApi.Storage.Tests.Azure;

public sealed class StorageAccountTests
{
    [Theory]
    [InlineData("AccountName=acme;AccountKey=c2VjcmV0", "https://acme.table.core.windows.net")]
    [InlineData("DefaultEndpointsProtocol=http;AccountName=acme;AccountKey=c2VjcmV0;EndpointSuffix=core.chinacloudapi.cn", "http://acme.table.core.chinacloudapi.cn")]
    [InlineData("accountname=acme;accountkey=c2VjcmV0;tableendpoint=https://tables.example.com/", "https://tables.example.com")]
    [InlineData("TableEndpoint=https://acme.table.core.windows.net/;SharedAccessSignature=?sv=1&sig=s%3D", "https://acme.table.core.windows.net")]
    [InlineData("UseDevelopmentStorage=true", "http://127.0.0.1:10002/devstoreaccount1")]
    [InlineData("UseDevelopmentStorage=true;DevelopmentStorageProxyUri=http://azurite", "http://azurite:10002/devstoreaccount1")]
    public void A_connection_string_names_an_account(string connectionString, string endpoint) =>
        StorageAccount.Parse(StorageService.Tables, connectionString).ToString().ShouldBe(endpoint);

    [Theory]
    [InlineData("AccountName=acme;AccountKey=c2VjcmV0", "https://acme.queue.core.windows.net")]
    [InlineData("AccountName=acme;AccountKey=c2VjcmV0;TableEndpoint=https://t;QueueEndpoint=https://q/", "https://q")]
    [InlineData("UseDevelopmentStorage=true", "http://127.0.0.1:10001/devstoreaccount1")]
    public void It_names_the_queues_as_well(string connectionString, string endpoint) =>
        StorageAccount.Parse(StorageService.Queues, connectionString).ToString().ShouldBe(endpoint);

    [Theory]
    [InlineData("TableEndpoint=https://a;SharedAccessSignature=topsecret")]
    [InlineData("TableEndpoint=https://a;SharedAccessSignature=?sv=1&sig=topsecret")]
    public void One_that_names_no_queues_is_told(string connectionString) =>
        Should.Throw<FormatException>(() => StorageAccount.Parse(StorageService.Queues, connectionString))
            .Message.ShouldBe("has neither QueueEndpoint nor AccountName");

    [Theory]
    [InlineData("topsecret", "is not Name=value;Name=value")]
    [InlineData("AccountKey=topsecret", "has neither TableEndpoint nor AccountName")]
    [InlineData("AccountName=acme", "has neither AccountKey nor SharedAccessSignature")]
    [InlineData("TableEndpoint=https://a;AccountKey=topsecret", "has no AccountName")]
    [InlineData("AccountName=acme;AccountKey=top secret!", "has an AccountKey that is not base64, or something in AccountName, DefaultEndpointsProtocol, EndpointSuffix or TableEndpoint that makes no http or https address")]
    [InlineData("AccountName=ac me;AccountKey=top0", "has an AccountKey that is not base64, or something in AccountName, DefaultEndpointsProtocol, EndpointSuffix or TableEndpoint that makes no http or https address")]
    [InlineData("AccountName=acme;AccountKey=top0;TableEndpoint=ftp://a", "has something in TableEndpoint or DefaultEndpointsProtocol that makes no http or https address")]
    [InlineData("", "is not Name=value;Name=value")]
    [InlineData("TableEndpoint=https://acme.table.core.windows.net/", "has neither AccountKey nor SharedAccessSignature")]
    [InlineData("UseDevelopmentStorage=yes", "has UseDevelopmentStorage with another value than true")]
    public void One_that_names_none_is_told_without_its_key(string connectionString, string problem)
    {
        var exception = Should.Throw<FormatException>(() => StorageAccount.Parse(StorageService.Tables, connectionString));

        exception.Message.ShouldBe(problem);
        exception.ToString().ShouldNotContain("top");
    }
}
