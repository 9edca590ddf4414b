using Amazon;
using Amazon.Runtime;
using Amazon.S3;
using Amazon.S3.Model;
using Orchestrator.Core.Data;

namespace Orchestrator.Training.Data.Remote;

/// <summary>A prefix of an S3 bucket as a store; credentials come from the environment as the AWS SDK finds them.</summary>
internal sealed class S3Store : IObjectStore
{
    private readonly AmazonS3Client _client;
    private readonly string _bucket;
    private readonly string _prefix;

    public S3Store(RemoteShards place)
    {
        var path = place.Url["s3://".Length..].TrimEnd('/');
        var mark = path.IndexOf('/', StringComparison.Ordinal);
        (_bucket, _prefix) = mark < 0 ? (path, "") : (path[..mark], path[(mark + 1)..] + "/");
        var config = new AmazonS3Config
        {
            // Whoever calls tries again, and tells why.
            MaxErrorRetry = 0,
            Timeout = TimeSpan.FromSeconds(60),
            RequestChecksumCalculation = RequestChecksumCalculation.WHEN_REQUIRED,
            ResponseChecksumValidation = ResponseChecksumValidation.WHEN_REQUIRED,
        };
        if (place.Endpoint is { } endpoint)
        {
            config.ServiceURL = endpoint;
            config.ForcePathStyle = true;
            config.AuthenticationRegion = place.Region ?? "us-east-1";
        }
        else if (place.Region is { } region)
        {
            config.RegionEndpoint = RegionEndpoint.GetBySystemName(region);
        }

        _client = new AmazonS3Client(config);
    }

    public async Task<byte[]> ReadAsync(string name, long offset, int count, CancellationToken cancellationToken)
    {
        var request = new GetObjectRequest { BucketName = _bucket, Key = _prefix + name, ByteRange = new ByteRange(offset, offset + count - 1) };
        using var response = await _client.GetObjectAsync(request, cancellationToken).ConfigureAwait(false);
        using var bytes = new MemoryStream(count);
        await response.ResponseStream.CopyToAsync(bytes, cancellationToken).ConfigureAwait(false);
        return bytes.ToArray();
    }

    public async Task DownloadAsync(string name, string path, CancellationToken cancellationToken)
    {
        using var response = await _client.GetObjectAsync(_bucket, _prefix + name, cancellationToken).ConfigureAwait(false);
        await using (var file = File.Create(path + ".tmp"))
        {
            await response.ResponseStream.CopyToAsync(file, cancellationToken).ConfigureAwait(false);
        }

        File.Move(path + ".tmp", path, overwrite: true);
    }

    public Task UploadAsync(string path, string name, CancellationToken cancellationToken) => _client.PutObjectAsync(
        new PutObjectRequest { BucketName = _bucket, Key = _prefix + name, FilePath = path, UseChunkEncoding = false }, cancellationToken);

    public void Dispose() => _client.Dispose();
}
