"""Finds red, green and blue things."""

import torch


class ColouredThings(torch.nn.Module):
    """Takes N x 3 x H x W with values 0 to 1; gives, per image, ``boxes`` (M x 4), ``labels`` (M) and ``scores`` (M).

    All that is of one colour is one thing. Its score is the share of its box that it fills.
    """

    def forward(self, images):
        return [self.things(image) for image in images]

    def things(self, image):
        boxes, labels, scores = [], [], []
        for label in range(3):
            others = [channel for channel in range(3) if channel != label]
            there = (image[label] > 0.6) & (image[others] < 0.4).all(dim=0)
            rows, columns = torch.nonzero(there, as_tuple=True)
            if len(rows):
                box = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
                boxes.append([float(edge) for edge in box])
                labels.append(label)
                area = (box[2] - box[0]) * (box[3] - box[1])
                scores.append(float(there.sum() / area))
        return {
            "boxes": torch.tensor(boxes).reshape(-1, 4),
            "labels": torch.tensor(labels, dtype=torch.long),
            "scores": torch.tensor(scores),
        }
