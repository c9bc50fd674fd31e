"""Train a classifier of handwritten digits, on as many processes as it is launched on.

Stopped or killed at any step, it goes on from its last checkpoint when it is started again:

    opsnb launch train.py --processes 2 --ckpt ckpt -- --data output/train.npz
"""
import argparse
import os

import network
import numpy as np
import opsnb as ops
import torch
from accelerate import Accelerator
from accelerate.utils import set_seed
from torch.utils.data import DataLoader, TensorDataset

ask = argparse.ArgumentParser()
ask.add_argument("--data", required=True)
ask.add_argument("--epochs", type=int, default=8)
ask.add_argument("--lr", type=float, default=5e-3)
ask.add_argument("--batch-size", type=int, default=32, help="of each process")
ask.add_argument("--seed", type=int, default=0)
ask = ask.parse_args()

accelerator = Accelerator()
set_seed(ask.seed)
data = np.load(ask.data)
loader = DataLoader(TensorDataset(torch.from_numpy(data["images"]), torch.from_numpy(data["digits"])), batch_size=ask.batch_size, shuffle=True)
model = network.make()
optimizer = torch.optim.AdamW(model.parameters(), lr=ask.lr)
model, optimizer, loader = accelerator.prepare(model, optimizer, loader)

state = ops.Checkpoints(model, optimizer, accelerator=accelerator, every=50)
if state.restore(): accelerator.print(f"goes on at {state}")
for epoch in state.epochs(ask.epochs):
    model.train()
    for images, digits in state.batches(loader):
        with accelerator.accumulate(model):
            loss = torch.nn.functional.cross_entropy(model(images), digits)
            accelerator.backward(loss)
            optimizer.step()
            optimizer.zero_grad()
        state.values["loss"] = loss.item()  # a restart may find no batch of its epoch left
        state.step(loss=loss)
    accelerator.print(f"epoch {epoch} of {ask.epochs}: step {state.at}, loss {state.values['loss']:.4f}", flush=True)

if accelerator.is_main_process:
    torch.save(accelerator.unwrap_model(model).state_dict(), os.path.join(os.environ.get("OPSNB_CKPT", "."), "model.pt"))
accelerator.wait_for_everyone()  # a rank that leaves while another one is at work may be aborted
accelerator.end_training()
