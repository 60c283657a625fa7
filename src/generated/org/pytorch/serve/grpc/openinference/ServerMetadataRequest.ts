// Original file: open_inference_grpc.proto


export interface ServerMetadataRequest {
}

export interface ServerMetadataRequest__Output {
}
