"""The interoperability suite's messages, from the descriptor that the .NET side wrote."""

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory


class Messages:
    def __init__(self, path):
        files = descriptor_pb2.FileDescriptorSet()
        with open(path, "rb") as stream:
            files.ParseFromString(stream.read())
        pool = descriptor_pool.DescriptorPool()
        for file in files.file:
            pool.Add(file)
        factory = message_factory.MessageFactory(pool)
        for name in pool.FindFileByName(files.file[-1].name).message_types_by_name:
            setattr(self, name, factory.GetPrototype(pool.FindMessageTypeByName("grpc.testing." + name)))


METHODS = {
    # name: (kind, request, response)
    "EmptyCall": ("unary_unary", "Empty", "Empty"),
    "UnaryCall": ("unary_unary", "SimpleRequest", "SimpleResponse"),
    "StreamingOutputCall": ("unary_stream", "StreamingOutputCallRequest", "StreamingOutputCallResponse"),
    "StreamingInputCall": ("stream_unary", "StreamingInputCallRequest", "StreamingInputCallResponse"),
    "FullDuplexCall": ("stream_stream", "StreamingOutputCallRequest", "StreamingOutputCallResponse"),
}
